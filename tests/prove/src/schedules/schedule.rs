//! A schedule: who calls what, which requests fail, and in which order the steps go.

use fastrand::Rng;

use super::turns::{Fault, FaultKind};

/// Tenants of a schedule.
pub(crate) const TENANTS: [&str; 3] = ["acme", "globex", "initech"];
/// The cells: name, pool, capacity.
pub(crate) const CELLS: [(&str, &str, u64); 2] = [("here", HERE, 2), ("there", "eu-west-1_There", 1)];
pub(crate) const HERE: &str = "eu-west-1_Here";
/// The moment at which a schedule begins, in epoch seconds. It is over a minute later.
pub(crate) const BEGIN: u64 = 1_800_000_000;
pub(crate) const LENGTH: u64 = 60;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) users: usize,
    /// Memberships at the begin: a user, a tenant, and the status.
    pub(crate) members: Vec<(usize, usize, &'static str)>,
    pub(crate) invites: Vec<Invite>,
    /// The tenant whose identity provider lets its users join.
    pub(crate) provider: usize,
    pub(crate) calls: Vec<Call>,
    /// The seed of the order of the steps.
    pub(crate) order: u64,
    /// Of 100 steps, how many are of the call that made the last one.
    pub(crate) sticks: u8,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Invite {
    pub(crate) tenant: usize,
    /// The user to whose address it is bound.
    pub(crate) bound: Option<usize>,
    pub(crate) max_uses: u64,
    /// Seconds after [`BEGIN`].
    pub(crate) expires: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Call {
    pub(crate) act: Act,
    /// Seconds after [`BEGIN`], on the clock of the caller.
    pub(crate) at: u64,
    pub(crate) faults: Vec<Fault>,
}

/// A user, what the event is, and the number of the invite whose code it has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) user: usize,
    pub(crate) event: Event,
    pub(crate) code: Option<usize>,
    /// Whether the user comes from the identity provider, and without a verified address.
    pub(crate) is_federated: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    Confirmation,
    SignIn,
    Refresh,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    Attempt(Attempt),
    Revoke(usize),
    Resend(usize),
    /// A user and a tenant.
    Suspend(usize, usize),
    Resume(usize, usize),
    Remove(usize, usize),
    Add(usize, usize),
    PauseTenant(usize),
    ResumeTenant(usize),
    /// A tenant and a cell.
    Place(usize, usize),
}

/// One line for each invite that a call can meet, and for each call.
impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let users: Vec<usize> = self.calls.iter().filter_map(|call| Some(call.act.attempt()?.user)).collect();
        for (number, Invite { tenant, bound, max_uses, expires }) in self.invites.iter().enumerate() {
            if bound.is_none_or(|user| users.contains(&user)) {
                let tenant = TENANTS.get(*tenant).copied().unwrap_or_default();
                writeln!(
                    f,
                    "  invite {number}: {tenant}, for {max_uses}, expires at {expires} s, bound to {bound:?}"
                )?;
            }
        }
        for (user, tenant, status) in self.members.iter().filter(|(user, ..)| users.contains(user)) {
            writeln!(f, "  user {user}: {status} in {}", TENANTS.get(*tenant).copied().unwrap_or_default())?;
        }
        for (number, call) in self.calls.iter().enumerate() {
            writeln!(f, "  call {number}, at {} s: {:?}, {:?}", call.at, call.act, call.faults)?;
        }
        let provider = TENANTS.get(self.provider).copied().unwrap_or_default();
        write!(f, "  provider of {provider}, order {}, sticks {}", self.order, self.sticks)
    }
}

impl Act {
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Attempt(attempt) => Some(attempt),
            _ => None,
        }
    }
}

pub(crate) fn sub(user: usize) -> String {
    format!("user-{user}")
}

pub(crate) fn email(user: usize) -> String {
    format!("user-{user}@example.com")
}

fn one_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(0..n) == 0
}

impl Schedule {
    /// Mostly few users, up to 50.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let users = match rng.u32(0..20) {
            0 => rng.usize(16..=50),
            1..6 => rng.usize(6..=15),
            _ => rng.usize(2..=5),
        };
        let mut invites: Vec<Invite> =
            (0..rng.usize(1..=3)).map(|_| invite(rng, None, users as u64)).collect();
        let shared = invites.len();
        let (mut calls, mut members) = (Vec::new(), Vec::new());
        for user in 0..users {
            if one_in(rng, 3) {
                let status = rng.choice(["active", "active", "active", "suspended", "removed"]);
                members.push((user, rng.usize(0..TENANTS.len()), status.unwrap_or("active")));
            }
            let (mut code, mut is_federated) = (None, false);
            match rng.u32(0..10) {
                0 => is_federated = true,
                1..4 => {
                    // Bound to the address, in one tenant or in two.
                    let tenant = rng.usize(0..TENANTS.len());
                    for tenant in [tenant, (tenant + 1) % TENANTS.len()].into_iter().take(rng.usize(1..=2)) {
                        if rng.bool() {
                            code = Some(invites.len());
                        }
                        invites.push(Invite { tenant, ..invite(rng, Some(user), 2) });
                    }
                }
                _ => code = Some(rng.usize(0..shared)),
            }
            for _ in 0..rng.usize(1..=3) {
                let event = match rng.u32(0..6) {
                    0 => Event::Refresh,
                    1 | 2 => Event::SignIn,
                    _ => Event::Confirmation,
                };
                let code = code.filter(|_| !one_in(rng, 6));
                calls.push(call(rng, Act::Attempt(Attempt { user, event, code, is_federated })));
            }
        }
        for _ in 0..rng.usize(0..=4 + users / 4) {
            let (user, tenant) = (rng.usize(0..users), rng.usize(0..TENANTS.len()));
            let invite = rng.usize(0..invites.len());
            let act = match rng.u32(0..18) {
                0..3 => Act::Revoke(invite),
                3..6 => Act::Resend(invite),
                6..9 => Act::Suspend(user, tenant),
                9..12 => Act::Remove(user, tenant),
                12 => Act::Resume(user, tenant),
                13 => Act::Add(user, tenant),
                14 => Act::PauseTenant(tenant),
                15 => Act::ResumeTenant(tenant),
                _ => Act::Place(tenant, rng.usize(0..CELLS.len())),
            };
            calls.push(call(rng, act));
        }
        let sticks = rng.choice([0, 50, 90, 98]).unwrap_or_default();
        let (provider, order) = (rng.usize(0..TENANTS.len()), rng.u64(..));
        Self { users, members, invites, provider, calls, order, sticks }
    }

    /// Schedules with a little less in them, to shrink a failure; the greatest steps first.
    pub(crate) fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut schedule = self.clone();
            change(&mut schedule);
            if schedule != *self {
                found.push(schedule);
            }
        };
        let calls = self.calls.len();
        let mut size = calls / 2;
        while size > 0 {
            for from in (0..calls).step_by(size) {
                add(&|schedule| drop(schedule.calls.drain(from..(from + size).min(calls))));
            }
            size /= 2;
        }
        add(&|schedule| schedule.members.clear());
        add(&|schedule| schedule.calls.iter_mut().for_each(|call| call.faults.clear()));
        add(&|schedule| schedule.calls.iter_mut().for_each(|call| call.at = 0));
        add(&|schedule| schedule.sticks = 98);
        for n in 0..calls {
            for fault in 0..self.calls.get(n).map_or(0, |call| call.faults.len()) {
                add(&|schedule| {
                    schedule
                        .calls
                        .iter_mut()
                        .skip(n)
                        .take(1)
                        .for_each(|call| call.faults = without(&call.faults, fault));
                });
                add(&|schedule| {
                    let faults = schedule.calls.iter_mut().skip(n).take(1).flat_map(|call| &mut call.faults);
                    faults.skip(fault).take(1).for_each(|fault| fault.times = 1);
                });
            }
        }
        found
    }
}

fn without(faults: &[Fault], number: usize) -> Vec<Fault> {
    faults.iter().enumerate().filter(|(at, _)| *at != number).map(|(_, fault)| fault.clone()).collect()
}

fn invite(rng: &mut Rng, bound: Option<usize>, users: u64) -> Invite {
    Invite {
        tenant: rng.usize(0..TENANTS.len()),
        bound,
        max_uses: match rng.u32(0..4) {
            0 | 1 => 1,
            2 => 2,
            _ => rng.u64(1..=users + 2),
        },
        expires: if one_in(rng, 8) { rng.u64(1..LENGTH) } else { 1_000_000 },
    }
}

fn call(rng: &mut Rng, act: Act) -> Call {
    let kinds = [
        FaultKind::Throttle,
        FaultKind::Conflict,
        FaultKind::Internal,
        FaultKind::LoseAnswer,
        FaultKind::CrashBefore,
        FaultKind::CrashAfter,
    ];
    let count = if rng.bool() { 0 } else { rng.usize(1..=2) };
    let faults = (0..count).map(|_| Fault {
        step: rng.usize(0..14),
        times: rng.usize(1..=4),
        kind: rng.choice(kinds).unwrap_or(FaultKind::Throttle),
    });
    let faults = faults.collect();
    Call { act, at: rng.u64(0..LENGTH), faults }
}
