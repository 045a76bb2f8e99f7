//! Counts instructions with valgrind's callgrind. The counts hardly change from run to run, whatever else the machine does.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::Fallible;
use crate::rounds::count as float;
use crate::store::Store;
use crate::target::{Calls, Target};

/// The warm calls are those from `WARM_FROM` on until before `WARM_TO`.
const WARM_FROM: usize = 10;
const WARM_TO: usize = 60;

#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) name: String,
    /// From the start to the first request for an event.
    pub(crate) init: u64,
    /// `None` where the program only starts.
    pub(crate) first: Option<u64>,
    pub(crate) warm: Option<u64>,
}

impl Counted {
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let parts = [("init", Some(self.init)), ("first", self.first), ("warm", self.warm)];
        parts.into_iter().filter_map(|(part, count)| Some((part, count?)))
    }

    pub(crate) fn higher(&self, other: &Self) -> Self {
        let Self { name, init, first, warm } = self.clone();
        Self { name, init: init.max(other.init), first: first.max(other.first), warm: warm.max(other.warm) }
    }

    pub(crate) fn json(&self) -> Value {
        self.parts()
            .map(|(part, count)| (part.to_owned(), json!(count)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// Of all programs that are native code. A just-in-time compiler would be counted more than its work.
pub(crate) fn count(targets: &[Target], store: &Store, work: &Path) -> Fallible<Vec<Counted>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Err("valgrind is not installed".into());
    }
    let counted = targets.iter().filter(|target| target.is_native).map(|target| one(target, store, work));
    counted.collect()
}

pub(crate) fn one(target: &Target, store: &Store, work: &Path) -> Fallible<Counted> {
    eprintln!("speed: counts the instructions of {}", target.name);
    let from_start = |all| total(target, Calls { all, warm_from: 0 }, store, work);
    let init = from_start(0)?;
    let name = target.name.to_owned();
    if target.starts_only {
        return Ok(Counted { name, init, first: None, warm: None });
    }
    let first = from_start(1)?.saturating_sub(init);
    let warm = of_calls(target, WARM_FROM, WARM_TO, store, work)?;
    store.take()?;
    Ok(Counted { name, init, first: Some(first), warm: Some(warm) })
}

/// The instructions of a call, of those from the call `from` on until before the call `to`.
pub(crate) fn of_calls(target: &Target, from: usize, to: usize, store: &Store, work: &Path) -> Fallible<u64> {
    Ok(total(target, Calls { all: to, warm_from: from }, store, work)? / (to - from).max(1) as u64)
}

/// The instructions of a run from the call `warm_from` on; from the start if it is 0. Callgrind makes a process fifty times as
/// slow: on a busy machine, it may be too late for its own time limits, and is run again. Until it counts, it is much faster.
/// During a start the store answers only after the function has stopped waiting; otherwise the count would depend on the speed of
/// the machine. The first call then does all that the start would have spared it.
fn total(target: &Target, calls: Calls, store: &Store, work: &Path) -> Fallible<u64> {
    let counts_later = calls.warm_from > 0;
    let log = work.join("callgrind.log");
    let valgrind = [
        "env".to_owned(),
        format!("AWS_ENDPOINT_URL=http://{}", store.plain),
        "valgrind".to_owned(),
        "--tool=callgrind".to_owned(),
        format!("--instr-atstart={}", if counts_later { "no" } else { "yes" }),
        format!("--callgrind-out-file={}", work.join("callgrind.out").display()),
        format!("--log-file={}", log.display()),
    ];
    let count_from_here = move |process: u32| {
        if counts_later {
            // Without it nothing is counted, which is an error below.
            let _ =
                Command::new("vgdb").args([&format!("--pid={process}"), "instrumentation", "on"]).output();
        }
    };
    let run = || {
        store.set_late(true);
        target.run(&valgrind, calls, count_from_here, &work.join("logs"))
    };
    let ran = run().or_else(|_| run()).or_else(|_| run());
    store.set_late(false);
    ran?;
    let text = fs::read_to_string(&log)?;
    let count = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.filter(|count| *count > 0).ok_or_else(|| format!("valgrind wrote no count: {text}").into())
}

/// In thousands or millions, for people.
pub(crate) fn readable(instructions: u64) -> String {
    let number = usize::try_from(instructions).map_or(f64::MAX, float);
    if instructions < 1_000_000 { format!("{:.0} k", number / 1e3) } else { format!("{:.2} M", number / 1e6) }
}
