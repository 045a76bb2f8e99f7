//! Quiet and faulty phases, and each fault that struck.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tests::faults::Fault;

use super::clock::{Tick, seconds};

/// How long a quiet and a faulty phase last, at least and at most.
const QUIET: (u64, u64) = (6, 14);
const FAULTY: (u64, u64) = (3, 9);

/// Calls that begin so soon after a faulty phase still feel it.
const SETTLING: Tick = seconds(2);

/// Longer than a fault can matter: a tenant is served that much longer while the table cannot be read.
pub(crate) const KEPT: Tick = seconds(640);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Throttle,
    Conflict,
    Internal,
    Reset,
    LoseAnswer,
    Slow,
    /// Slower than any caller waits. The request is done then.
    Silent,
}

#[derive(Clone, Copy, Debug)]
struct Phase {
    from: Tick,
    until: Tick,
    /// Of 100 requests, how many meet a fault.
    share: u32,
}

/// A fault, and what the request was about.
#[derive(Clone, Debug)]
pub(crate) struct Struck {
    pub(crate) at: Tick,
    pub(crate) function: &'static str,
    pub(crate) kind: String,
    pub(crate) operation: String,
    pub(crate) keys: Vec<String>,
}

pub(crate) struct Weather {
    phases: Vec<Phase>,
    rng: Mutex<Rng>,
    struck: Mutex<VecDeque<Struck>>,
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Weather {
    /// The phases of a run of this length.
    pub(crate) fn of(seed: u64, length: Tick) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (mut phases, mut from) = (Vec::new(), 0);
        while from < length {
            let quiet = Phase { from, until: from + seconds(rng.u64(QUIET.0..=QUIET.1)), share: 0 };
            let until = quiet.until + seconds(rng.u64(FAULTY.0..=FAULTY.1));
            let faulty = Phase { from: quiet.until, until, share: rng.u32(5..=30) };
            phases.extend([quiet, faulty]);
            from = until;
        }
        Self { phases, rng: Mutex::new(rng), struck: Mutex::default(), counts: Mutex::default() }
    }

    /// What happens to a request of a function.
    pub(crate) fn strike(
        &self,
        now: Tick,
        function: &'static str,
        operation: &str,
        body: &str,
    ) -> Option<Fault> {
        let phase = self.phases.iter().find(|phase| now < phase.until)?;
        let mut rng = lock(&self.rng);
        if rng.u32(0..100) >= phase.share {
            return None;
        }
        let kind = rng.choice([
            Kind::Throttle,
            Kind::Throttle,
            Kind::Conflict,
            Kind::Internal,
            Kind::Reset,
            Kind::LoseAnswer,
            Kind::Slow,
            Kind::Silent,
        ])?;
        let is_store = operation != "AdminUpdateUserAttributes";
        let fault = match kind {
            Kind::Throttle if is_store => Fault::THROTTLED,
            Kind::Throttle => Fault::TOO_MANY_REQUESTS,
            Kind::Conflict if operation == "TransactWriteItems" => Fault::CONFLICT,
            Kind::Conflict | Kind::Internal => Fault::INTERNAL,
            Kind::Reset => Fault::Reset,
            Kind::LoseAnswer => Fault::LoseAnswer,
            Kind::Slow => Fault::Late(Duration::from_millis(rng.u64(20..600))),
            Kind::Silent => Fault::Late(Duration::from_secs(3)),
        };
        *lock(&self.counts).entry(format!("{kind:?}")).or_default() += 1;
        let mut struck = lock(&self.struck);
        while struck.front().is_some_and(|first| first.at + KEPT < now) {
            struck.pop_front();
        }
        let (kind, operation) = (format!("{kind:?}"), operation.to_owned());
        struck.push_back(Struck { at: now, function, kind, operation, keys: keys(body) });
        Some(fault)
    }

    /// The faults of a function from tick to tick.
    pub(crate) fn struck(&self, function: &str, from: Tick, until: Tick) -> Vec<Struck> {
        let struck = lock(&self.struck);
        let in_time = struck.iter().filter(|fault| (from..=until).contains(&fault.at));
        in_time.filter(|fault| fault.function == function).cloned().collect()
    }

    /// Whether a call felt no faulty phase.
    pub(crate) fn was_quiet(&self, from: Tick, until: Tick) -> bool {
        let mut faulty = self.phases.iter().filter(|phase| phase.share > 0);
        !faulty.any(|phase| phase.from <= until && from < phase.until + SETTLING)
    }

    /// How many faulty phases have begun.
    pub(crate) fn waves(&self, until: Tick) -> usize {
        self.phases.iter().filter(|phase| phase.share > 0 && phase.from < until).count()
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.counts).clone()
    }
}

/// The partition keys in the body of a request.
fn keys(body: &str) -> Vec<String> {
    let texts = body.split("{\"S\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let names = ["USER#", "EMAIL#", "INVITE#", "TENANT#", "CLIENT#", "IDP#", "SLUG#", "CELL#", "CELLS"];
    texts.filter(|text| names.iter().any(|name| text.starts_with(name))).map(str::to_owned).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
