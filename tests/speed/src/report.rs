//! The figures as text, and the same as JSON.

use std::fs;

use serde_json::{Map, Value, json};

use crate::Options;
use crate::certificates::ROOTS;
use crate::instructions::{Counted, readable};
use crate::peers::{NODE, PYTHON, SAMPLE};
use crate::programs::RAW;
use crate::rounds::{MEMORY, Round, quantile};
use crate::routes;
use crate::target::Target;

pub(crate) struct Report<'a> {
    pub(crate) options: &'a Options,
    pub(crate) targets: &'a [Target],
    /// By program, then by round.
    pub(crate) measured: Vec<Vec<Round>>,
    pub(crate) counted: Vec<Counted>,
    pub(crate) store_calls: Vec<Counted>,
    /// First calls in milliseconds, by program and memory size.
    pub(crate) shares: Vec<[Option<f64>; 3]>,
    /// What could not be measured, and why.
    pub(crate) absent: Vec<String>,
    pub(crate) pinned: bool,
    /// Its load over the minute before, of which more than 1 means that others ran too; and its cores.
    pub(crate) machine: (String, usize),
}

/// A column: its title, how a value is taken from a round, and its digits.
type Column = (&'static str, fn(&Round) -> Option<f64>, usize);

const COMPARED: [Column; 7] = [
    ("init ms", |round| Some(round.init / 1e3), 2),
    ("first ms", |round| Some(round.first? / 1e3), 2),
    ("cold ms", |round| Some(round.cold()? / 1e3), 2),
    ("p50 us", |round| round.p50, 0),
    ("p99 us", |round| round.p99, 0),
    ("CPU us", |round| round.cpu, 0),
    ("peak MiB", |round| Some(round.peak_kib / 1024.0), 1),
];
const STORE_CALLS: Column = ("calls", |round| round.store_calls, 0);

fn columns() -> impl Iterator<Item = Column> {
    COMPARED.into_iter().chain([STORE_CALLS])
}

/// What is compared, and with what.
const RATIOS: [(&str, &[&str]); 5] = [
    ("pre-token-generation", &[NODE, PYTHON, SAMPLE, RAW, "echo"]),
    ("sign-in, new tenant", &["pre-token-generation"]),
    ("post-confirmation", &["echo"]),
    ("authorizer", &["echo"]),
    (routes::MAIN, &["echo"]),
];

impl Report<'_> {
    /// The times, memory and zips, and what is missing.
    pub(crate) fn times(&self) -> String {
        let mut lines = vec![self.conditions(), String::new()];
        let titles: Vec<&str> = columns().map(|(title, ..)| title).chain(["zip MB"]).collect();
        lines.push(row("", &titles));
        for (target, rounds) in self.targets.iter().zip(&self.measured) {
            let median = |(_, of, digits): Column| text(median(rounds, of), digits);
            let mut cells: Vec<String> = columns().map(median).collect();
            cells.push(text(target.zip.map(megabytes), 2));
            lines.push(row(target.name, &cells));
        }

        lines.push("\nRatios, the median of the rounds' own:".to_owned());
        lines.push(row("", &COMPARED.map(|(title, ..)| title)));
        for (name, others) in RATIOS {
            for other in others {
                let Some((ones, others)) = self.rounds_of(name).zip(self.rounds_of(other)) else { continue };
                let cells = COMPARED.map(|(_, of, _)| text(ratio(ones, others, of), 3));
                lines.push(row(&format!("{name} / {other}"), &cells));
            }
        }
        lines.push("\nWarm calls a second of one environment:".to_owned());
        lines.push(row("", &["by p50", "by CPU"]));
        for name in ["pre-token-generation", "authorizer", routes::MAIN] {
            let a_second = |of| text(self.median(name, of).map(|us| 1e6 / us), 0);
            lines.push(row(name, &[a_second(|round| round.p50), a_second(|round| round.cpu)]));
        }
        if !self.shares.is_empty() {
            lines.push("\nFirst call in ms, with the CPU of a memory size:".to_owned());
            lines.push(row("", &MEMORY.map(|mb| format!("{mb} MB"))));
            let measured = self.targets.iter().zip(&self.shares).filter(|(target, _)| !target.starts_only);
            lines.extend(measured.map(|(target, shares)| row(target.name, &shares.map(|ms| text(ms, 2)))));
        }
        lines.extend(self.absent.iter().map(|reason| format!("\nNot measured: {reason}")));
        lines.join("\n")
    }

    /// What does not depend on the machine and its load.
    pub(crate) fn counts(&self) -> String {
        let requests = counts("Requests to the store", &self.store_calls, |count| count.to_string());
        if self.counted.is_empty() {
            return requests;
        }
        format!("{}\n\n{requests}", counts("Instructions, by callgrind", &self.counted, readable))
    }

    pub(crate) fn median(&self, name: &str, of: fn(&Round) -> Option<f64>) -> Option<f64> {
        median(self.rounds_of(name)?, of)
    }

    fn conditions(&self) -> String {
        let Options { rounds, calls, latency, .. } = self.options;
        let (load, cores) = &self.machine;
        let pinned = if self.pinned { "all on one core" } else { "NOT pinned to a core" };
        format!(
            "{}, {}, {cores} cores, load {load}; {rounds} rounds of {calls} calls, {pinned}; TLS, {ROOTS} root certificates, \
             the store waits {latency:?}",
            std::env::consts::ARCH,
            processor(),
        )
    }

    fn rounds_of(&self, name: &str) -> Option<&[Round]> {
        let at = self.targets.iter().position(|target| target.name == name)?;
        self.measured.get(at).map(Vec::as_slice)
    }

    pub(crate) fn json(&self) -> Value {
        let programs = self.targets.iter().enumerate().map(|(at, target)| {
            let rounds = self.measured.get(at).map(Vec::as_slice).unwrap_or_default();
            let of_column =
                |(title, of, _): Column| (title.to_owned(), json!(rounds.iter().map(of).collect::<Vec<_>>()));
            let rounds: Map<String, Value> = columns().map(of_column).collect();
            let counted = self.counted.iter().find(|counted| counted.name == target.name).map(Counted::json);
            let shares = self.shares.get(at).map(|shares| {
                MEMORY.iter().zip(shares).map(|(mb, ms)| (mb.to_string(), json!(ms))).collect::<Map<_, _>>()
            });
            let facts = json!({
                "rounds": rounds, "zipBytes": target.zip, "instructions": counted, "firstMsByMemory": shares,
            });
            (target.name.to_owned(), facts)
        });
        json!({
            "conditions": self.conditions(), "programs": programs.collect::<Map<_, _>>(), "notMeasured": self.absent,
            "storeCalls": self.store_calls.iter().map(|it| (it.name.clone(), it.json())).collect::<Map<_, _>>(),
        })
    }
}

fn counts(title: &str, all: &[Counted], readable: fn(u64) -> String) -> String {
    let rows = all.iter().map(|counted| {
        let cells = [Some(counted.init), counted.first, counted.warm];
        row(&counted.name, &cells.map(|it| it.map_or_else(|| "-".to_owned(), readable)))
    });
    std::iter::once(row(title, &["init", "first", "warm"])).chain(rows).collect::<Vec<_>>().join("\n")
}

fn median(rounds: &[Round], of: fn(&Round) -> Option<f64>) -> Option<f64> {
    quantile(rounds.iter().filter_map(of).collect(), 0.5)
}

fn ratio(ones: &[Round], others: &[Round], of: fn(&Round) -> Option<f64>) -> Option<f64> {
    let ratios = ones.iter().zip(others).filter_map(|(one, other)| Some(of(one)? / of(other)?));
    quantile(ratios.collect(), 0.5)
}

pub(crate) fn text(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

pub(crate) fn row(name: &str, cells: &[impl AsRef<str>]) -> String {
    cells.iter().fold(format!("{name:<44}"), |line, cell| format!("{line} {:>9}", cell.as_ref()))
}

#[expect(clippy::cast_precision_loss, reason = "a zip has fewer bytes than that")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    line.map_or_else(|| "an unknown processor".to_owned(), |(_, name)| name.to_owned())
}

/// The load and the cores of this machine; after [`crate::pin`] it would be one core.
pub(crate) fn machine() -> (String, usize) {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = text.split(' ').next().unwrap_or("unknown").to_owned();
    (load, std::thread::available_parallelism().map_or(0, usize::from))
}
