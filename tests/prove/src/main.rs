//! Proofs of safety: `cargo prove NAME` (`docs/reliability.md`).

mod worlds;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};

/// Proves by many random cases that the rules hold. A failing case is shrunk, and its seed is printed.
#[derive(Parser)]
struct Options {
    /// What to prove; all if nothing is named
    names: Vec<Proof>,
    /// How many cases each proof tries
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    count: u64,
    /// The first case; the others follow
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Proof {
    /// Random tables and events through the real handlers, each compared with a reference that was written a second time
    Worlds,
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
struct Size {
    count: u64,
    seed: u64,
}

fn main() -> ExitCode {
    let Options { names, count, seed } = Options::parse();
    let all = if names.is_empty() { Proof::value_variants().to_vec() } else { names };
    let mut is_right = true;
    for proof in all {
        let began = Instant::now();
        is_right &= match proof {
            Proof::Worlds => worlds::prove(Size { count, seed }),
        };
        println!("  {:.1} s", began.elapsed().as_secs_f64());
    }
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
