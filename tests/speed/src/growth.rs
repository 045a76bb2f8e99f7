//! How a sign-in grows: with tenants, with the user's memberships, with groups; and how the memory of an environment grows
//! with the tenants that have passed it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::instructions;
use crate::items::Made;
use crate::job::{Job, Jobs};
use crate::plot::Plot;
use crate::programs::NEW;
use crate::report::row;
use crate::rounds::{count as float, micros, quantile};
use crate::store::Store;
use crate::target::{Calls, Target};
use crate::template::Numbers;
use crate::{Fallible, Options};

const TENANTS: [usize; 3] = [10, 10_000, 1_000_000];
const LEVELS: [usize; 3] = [1, 10, 100];
/// Calls before the measured ones, after which the cache, which has room for 2,000 tenants, is full.
const FULL: usize = 2_600;
/// Measured calls: their time, and their instructions.
const TIMED: usize = 1_000;
const COUNTED: usize = 200;
const INSTRUCTIONS: &str = "thousand instructions";
const CPU: &str = "CPU time in microseconds";

pub(crate) struct Growth {
    curves: Vec<Curve>,
    /// Tenants that have passed, and resident memory in MiB.
    memory: Vec<(usize, f64)>,
}

struct Curve {
    file: &'static str,
    of: &'static str,
    points: Vec<Point>,
}

struct Point {
    at: usize,
    /// `None` if they were not counted.
    instructions: Option<u64>,
    p50_us: f64,
    cpu_us: f64,
    store_calls: f64,
}

/// `options.tenants`: how many pass the environment whose memory is measured.
pub(crate) fn measure(
    options: &Options,
    program: &Target,
    jobs: &Jobs,
    store: &Store,
    work: &Path,
) -> Fallible<Growth> {
    let passed = options.tenants;
    let curve = |file, of, levels: [usize; 3], job: &dyn Fn(usize) -> (Job, usize)| -> Fallible<Curve> {
        let points = levels.into_iter().map(|at| {
            eprintln!("speed: a sign-in with {at} {of}");
            let (job, before) = job(at);
            let target = Target { name: "growth", ..program.with(job) };
            let mut point = point(&target, at, before, store, work)?;
            if options.instructions {
                point.instructions =
                    Some(instructions::of_calls(&target, before, before + COUNTED, store, work)?);
                store.take()?;
            }
            Ok(point)
        });
        Ok(Curve { file, of, points: points.collect::<Fallible<_>>()? })
    };
    let of_one = |made| (jobs.sign_ins(made, Numbers::Each(1), false), 10);
    let curves = vec![
        curve("tenants", "tenants", TENANTS, &|tenants| {
            // All of few tenants are soon cached.
            (jobs.sign_ins(NEW, Numbers::AtRandom(tenants), false), FULL.min(tenants * 10))
        })?,
        curve("memberships", "memberships of the user", LEVELS, &|memberships| {
            of_one(Made { memberships, ..NEW })
        })?,
        curve("groups", "groups of the user in the tenant", LEVELS, &|groups| {
            of_one(Made { groups, ..NEW })
        })?,
    ];
    eprintln!("speed: the memory of an environment that {passed} tenants pass");
    let passing = jobs.sign_ins(NEW, Numbers::Each(passed.max(1)), true);
    let passing = Target { name: "memory", ..program.with(passing) };
    let seen = passing.run(&[], Calls { all: passed, warm_from: 0 }, |_| {}, &work.join("logs"))?;
    store.take()?;
    let mib = |kib: u64| f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0;
    let memory = seen.resident_kib.into_iter().map(|(at, kib)| (at, mib(kib))).collect();
    Ok(Growth { curves, memory })
}

fn point(target: &Target, at: usize, before: usize, store: &Store, work: &Path) -> Fallible<Point> {
    store.take()?;
    let all = before + TIMED;
    let seen = target.run(&[], Calls { all, warm_from: before }, |_| {}, &work.join("logs"))?;
    let calls_of_all = store.take()?;
    target.run(&[], Calls { all: before, warm_from: before }, |_| {}, &work.join("logs"))?;
    let store_calls = float(calls_of_all.saturating_sub(store.take()?)) / float(TIMED);
    let warm = seen.calls.iter().skip(before).copied().map(micros).collect();
    let p50_us = quantile(warm, 0.5).ok_or("no call")?;
    Ok(Point { at, instructions: None, p50_us, cpu_us: micros(seen.warm_cpu) / float(TIMED), store_calls })
}

impl Growth {
    pub(crate) fn text(&self) -> String {
        let mut lines = Vec::new();
        for curve in &self.curves {
            let titles = ["instr.", "p50 us", "CPU us", "requests"];
            lines.push(row(&format!("A sign-in, by {}", curve.of), &titles));
            for Point { at, instructions, p50_us, cpu_us, store_calls } in &curve.points {
                let cells = [
                    instructions.map_or_else(|| "-".to_owned(), instructions::readable),
                    format!("{p50_us:.0}"),
                    format!("{cpu_us:.0}"),
                    format!("{store_calls:.2}"),
                ];
                lines.push(row(&thousands(*at), &cells));
            }
            lines.push(String::new());
        }
        lines.push(row("Memory, by tenants that have passed", &["MiB"]));
        lines.extend(self.memory.iter().map(|(at, mib)| row(&thousands(*at), &[format!("{mib:.1}")])));
        lines.join("\n")
    }

    pub(crate) fn json(&self) -> Value {
        let curves = self.curves.iter().map(|curve| {
            let points = curve.points.iter().map(|it| {
                json!({
                    "at": it.at, "instructions": it.instructions, "p50Us": it.p50_us, "cpuUs": it.cpu_us,
                    "storeCalls": it.store_calls,
                })
            });
            (curve.file.to_owned(), points.collect::<Value>())
        });
        let memory = self.memory.iter().map(|(at, mib)| json!({ "at": at, "mib": mib })).collect::<Value>();
        curves.chain([("memory".to_owned(), memory)]).collect::<serde_json::Map<_, _>>().into()
    }

    /// One picture for each curve.
    pub(crate) fn draw(&self, folder: &Path) -> Fallible<()> {
        let curves = self.curves.iter().map(|curve| {
            let instructions =
                |it: &Point| Some((it.at, usize::try_from(it.instructions?).map_or(f64::MAX, float) / 1e3));
            let counted: Option<Vec<_>> = curve.points.iter().map(instructions).collect();
            let (y, points) = match counted {
                Some(points) => (INSTRUCTIONS, points),
                None => (CPU, curve.points.iter().map(|it| (it.at, it.cpu_us)).collect()),
            };
            let title = format!("A sign-in, by {}", curve.of);
            (curve.file, Plot { title, x: curve.of, y, points, digits: 0 })
        });
        let title = "Memory of one environment, by tenants that have passed".to_owned();
        let (x, points) = ("different tenants that have signed in", self.memory.clone());
        let memory = ("memory", Plot { title, x, y: "MiB resident", points, digits: 1 });
        for (file, plot) in curves.chain([memory]) {
            fs::write(folder.join(format!("speed-{file}.svg")), plot.svg())?;
        }
        Ok(())
    }
}

/// `1,000,000`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas() {
        for (number, text) in [(1, "1"), (100, "100"), (1_000, "1,000"), (1_000_000, "1,000,000")] {
            assert_eq!(thousands(number), text);
        }
    }
}
