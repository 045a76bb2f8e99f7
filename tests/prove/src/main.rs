//! Proofs of safety: `cargo prove NAME` (`docs/reliability.md`).

mod collected;
mod dynamo;
mod mutants;
mod operators;
mod schedules;
mod soak;
mod worlds;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};

/// Proves by many random cases that the rules hold. A world or a schedule that fails is shrunk, and its seed is printed.
#[derive(Parser)]
struct Options {
    /// What to prove; all but `mutants` if nothing is named
    names: Vec<Proof>,
    /// How many cases `worlds`, `schedules` and `fuzz` try [default: a few seconds' worth; less in a debug build]. Of `mutants`,
    /// how many of each group [default: 10]; more than a group has: all. The rows of `faults` and `canary` are fixed
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// The first case; the others follow
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long `soak` runs
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = positive)]
    minutes: f64,
    /// How often users call in `soak`, a second
    #[arg(long, value_name = "N", default_value_t = 15.0, value_parser = positive)]
    rate: f64,
    /// Groups of `mutants` [default: all]
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
}

/// A number above 0; a week has some ten thousand minutes.
fn positive(text: &str) -> Result<f64, &'static str> {
    let number = text.parse().ok().filter(|number| (0.01..=10_000.0).contains(number));
    number.ok_or("it is not from 0.01 to 10000")
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Proof {
    /// Random tables and events through the real handlers, each compared with a reference that was written a second time
    Worlds,
    /// Users and operators at the same time on the real adapter, with faults and crashes between the steps
    Schedules,
    /// Failures of DynamoDB and Cognito behind the real functions, with the time and the text of each answer
    Faults,
    /// Planted secrets and personal data, and whether a program prints them
    Canary,
    /// Random and mutated inputs of everything that reads what others wrote
    Fuzz,
    /// The shipped functions under load, with operators at work and faults in waves
    Soak,
    /// Mistakes that are put into the rules one at a time, and whether the tests find them; runs only if it is named
    Mutants,
}

impl Proof {
    /// How many cases are tried if nothing else is asked for.
    fn quick(self) -> u64 {
        let (optimised, debug) = match self {
            Self::Worlds => (50_000, 20_000),
            Self::Schedules => (200, 60),
            // Their rows are fixed.
            Self::Faults | Self::Canary | Self::Soak => (1, 1),
            Self::Fuzz => (5_000, 256),
            Self::Mutants => (10, 10),
        };
        if cfg!(debug_assertions) { debug } else { optimised }
    }
}

/// What runs if nothing is named: all but `mutants`, which takes long.
const EACH: [Proof; 6] =
    [Proof::Worlds, Proof::Schedules, Proof::Faults, Proof::Canary, Proof::Fuzz, Proof::Soak];

/// How much is tried.
#[derive(Clone, Copy, Debug)]
struct Size {
    count: u64,
    seed: u64,
}

fn main() -> ExitCode {
    let Options { names, count, seed, minutes, rate, group } = Options::parse();
    let all = if names.is_empty() { EACH.to_vec() } else { names };
    let mut is_right = true;
    println!("{}", machine());
    for proof in all {
        let began = Instant::now();
        let size = Size { count: count.unwrap_or(proof.quick()), seed };
        is_right &= match proof {
            Proof::Worlds => worlds::prove(size),
            Proof::Schedules => schedules::prove(size),
            Proof::Faults => collected::faults(),
            Proof::Canary => collected::canary(),
            Proof::Fuzz => collected::fuzz(size),
            Proof::Soak => {
                let length = Duration::from_secs_f64(minutes * 60.0);
                soak::prove(soak::Plan { length, rate, seed })
            }
            Proof::Mutants => mutants::prove(size, &group),
        };
        println!("  {:.1} s", began.elapsed().as_secs_f64());
    }
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the figures are of: the machine, the compiler and the code.
fn machine() -> String {
    let printed = |program: &str, arguments: &[&str]| {
        let output =
            Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let known =
        |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor =
        listed.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1.to_owned()));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let changed = printed("git", &["status", "--porcelain"]).is_some_and(|changed| !changed.is_empty());
    format!(
        "{cores} cores ({}), {}, {}, commit {}{}, {} build",
        known(processor),
        known(printed("uname", &["-sr"])),
        known(printed("rustc", &["--version"])),
        known(printed("git", &["rev-parse", "--short", "HEAD"])),
        if changed { " with changes" } else { "" },
        if cfg!(debug_assertions) { "debug" } else { "optimised" },
    )
}

#[cfg(test)]
mod tests {
    use super::{Size, worlds};

    #[test]
    fn some_worlds_come_out_as_the_reference_says() {
        assert!(worlds::prove(Size { count: 3_000, seed: 1 }));
    }
}
