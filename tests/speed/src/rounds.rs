//! Rounds: each runs every program once, in a random order, so that all of them see the same noise.

use std::path::Path;
use std::time::Duration;

use crate::Fallible;
use crate::store::Store;
use crate::target::{Calls, Target};

/// Calls before the measured ones: until a just-in-time compiler has done its work.
const BEFORE: usize = 300;
/// Starts of a program in a round.
const STARTS: usize = 4;
/// Memory sizes in MB. Lambda gives a whole core at 1,769 MB (Lambda developer guide, "Configure Lambda function memory").
pub(crate) const MEMORY: [u32; 3] = [128, 256, 512];
const WHOLE_CORE: u32 = 1_769;

/// One round of one program. Times in microseconds. `None` where the program only starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) init: f64,
    pub(crate) first: Option<f64>,
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) cpu: Option<f64>,
    pub(crate) peak_kib: f64,
    /// Requests to the store in a warm call.
    pub(crate) store_calls: Option<f64>,
}

impl Round {
    /// From the start to the answer of the first call.
    pub(crate) fn cold(&self) -> Option<f64> {
        Some(self.init + self.first?)
    }
}

/// By program, then by round.
pub(crate) fn measure(
    targets: &[Target],
    store: &Store,
    rounds: usize,
    calls: usize,
    work: &Path,
) -> Fallible<Vec<Vec<Round>>> {
    let mut all = vec![Vec::new(); targets.len()];
    for round in 1..=rounds {
        eprintln!("speed: round {round} of {rounds}");
        for at in shuffled(targets.len()) {
            let (Some(target), Some(of_target)) = (targets.get(at), all.get_mut(at)) else { continue };
            of_target.push(one(target, store, calls, work)?);
        }
    }
    Ok(all)
}

fn one(target: &Target, store: &Store, calls: usize, work: &Path) -> Fallible<Round> {
    let run = |calls| target.run(&[], calls, |_| {}, &work.join("logs"));
    let (mut inits, mut firsts) = (Vec::new(), Vec::new());
    let mut cold = |seen: &crate::runtime::Seen| {
        inits.push(micros(seen.init));
        firsts.extend(seen.calls.first().copied().map(micros));
    };
    for _ in 1..STARTS {
        cold(&run(Calls { all: 1, warm_from: 0 })?);
    }
    store.take()?;
    let seen = run(Calls { all: BEFORE + calls, warm_from: BEFORE })?;
    cold(&seen);
    let store_calls = count(store.take()?) / count(BEFORE + calls);
    let warm: Vec<f64> = seen.calls.iter().skip(BEFORE).copied().map(micros).collect();
    let works = !target.starts_only;
    Ok(Round {
        init: quantile(inits, 0.5).ok_or("no start")?,
        first: quantile(firsts, 0.5),
        p50: quantile(warm.clone(), 0.5),
        p99: quantile(warm, 0.99),
        cpu: works.then(|| micros(seen.warm_cpu) / count(calls)),
        peak_kib: f64::from(u32::try_from(seen.peak_kib)?),
        store_calls: works.then_some(store_calls),
    })
}

/// First calls in milliseconds, by program and memory size: after a start on a whole core, the process gets the share of the
/// size, by a quota of a control group.
pub(crate) fn shares(
    targets: &[Target],
    store: &Store,
    rounds: usize,
    work: &Path,
    absent: &mut Vec<String>,
) -> Vec<[Option<f64>; 3]> {
    let group = match quota::Group::new() {
        Ok(group) => group,
        Err(error) => {
            absent.push(format!("the CPU shares of {MEMORY:?} MB: {error}"));
            return Vec::new();
        }
    };
    eprintln!("speed: first calls with the CPU of {MEMORY:?} MB");
    let of_target = |target: &Target| {
        MEMORY.map(|memory| {
            let share = f64::from(memory) / f64::from(WHOLE_CORE);
            let runs = (0..rounds).filter_map(|_| {
                let group = group.clone();
                let join = move |process| group.join(process, share);
                let seen = target.run(&[], Calls { all: 1, warm_from: 0 }, join, &work.join("logs")).ok()?;
                seen.calls.first().copied().map(micros)
            });
            quantile(runs.collect(), 0.5).map(|us| us / 1_000.0)
        })
    };
    let found = targets.iter().map(of_target).collect();
    let _ = store.take();
    found
}

mod quota {
    //! A control group of version 1 or 2 with a quota.

    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::{fs, io};

    const PERIOD_US: u32 = 20_000;

    #[derive(Clone)]
    pub(super) struct Group(Arc<Folder>);

    struct Folder(PathBuf);

    impl Group {
        pub(super) fn new() -> io::Result<Self> {
            let parent = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].map(Path::new);
            let parent = parent.into_iter().find(|path| path.is_dir()).ok_or(io::ErrorKind::NotFound)?;
            let folder = parent.join(format!("cargo-speed-{}", std::process::id()));
            fs::create_dir(&folder)?;
            let group = Self(Arc::new(Folder(folder)));
            group.set(1.0)?;
            Ok(group)
        }

        fn set(&self, share: f64) -> io::Result<()> {
            let at = |name: &str| self.0.0.join(name);
            let quota = format!("{:.0}", f64::from(PERIOD_US) * share);
            if at("cpu.max").exists() {
                return fs::write(at("cpu.max"), format!("{quota} {PERIOD_US}"));
            }
            fs::write(at("cpu.cfs_period_us"), PERIOD_US.to_string())?;
            fs::write(at("cpu.cfs_quota_us"), quota)
        }

        pub(super) fn join(&self, process: u32, share: f64) {
            if let Err(error) =
                self.set(share).and_then(|()| fs::write(self.0.0.join("cgroup.procs"), process.to_string()))
            {
                eprintln!("speed: the control group: {error}");
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir(&self.0);
        }
    }
}

fn shuffled(number: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..number).collect();
    fastrand::shuffle(&mut order);
    order
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// The value below which the part `at` of the values lie.
pub(crate) fn quantile(mut values: Vec<f64>, at: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let below = (count(values.len()) * at).floor();
    values.into_iter().enumerate().find(|(index, _)| count(*index) >= below).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();

        assert_eq!(quantile(values.clone(), 0.5), Some(51.0));
        assert_eq!(quantile(values, 0.99), Some(100.0));
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }
}
