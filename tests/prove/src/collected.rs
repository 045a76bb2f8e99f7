//! Proofs that end-to-end tests give, on the real binaries: the tests run, and the lines that they print for us become a table.

use std::path::Path;
use std::process::{Command, Stdio};

use dev_stack::functions::{ALL, BIN_DIR_VARIABLE, release_folder};

use crate::Size;

/// The rows of `docs/failure-matrix.md` that a proxy in front of the engines causes.
const FAULTS: [&str; 5] = [
    "a_sign_in_survives_two_failures",
    "a_redemption_is_done_once_or_not_at_all",
    "a_stamp_that_fails_is_deferred",
    "an_authorizer_survives_two_failures",
    "a_router_survives_two_failures",
];

/// In a module of every binary's tests.
const CANARY: [&str; 1] = ["nothing_that_is_printed_holds"];

/// A module of the laws' tests.
const LAWS: [&str; 1] = ["holds_for::"];

/// The programs in which values must be planted.
const PROGRAMS: [&str; 7] =
    ["authorizer", "dev-stack", "post-confirmation", "pre-token-generation", "probe", "router", "tenantctl"];

/// Prints each failure of the functions' surroundings with the answer. `false`: a row ended otherwise than published, or a
/// function has none.
pub(crate) fn faults() -> bool {
    let Some(tests) = on_release_binaries(tests_of(&["end_to_end"])) else { return false };
    let Some((lines, is_right)) = collect("fault", tests, &FAULTS) else { return false };
    println!("faults: {} rows, each against the real function behind a proxy", lines.len());
    println!("  {:<22}{:<54}{:>7}  {:>8}  {:<6}answer", "function", "failure", "ms", "requests", "next");
    let (mut longest, mut is_healthy) = (0, is_right);
    for line in &lines {
        let [function, row, took, requests, next, text] = line.as_slice() else { return false };
        longest = longest.max(took.parse::<u64>().unwrap_or(u64::MAX));
        is_healthy &= next == "ok";
        println!("  {function:<22}{row:<54}{took:>7}  {requests:>8}  {next:<6}{text}");
    }
    println!("  the longest answer took {longest} ms");
    if is_healthy {
        println!("  every next call was healthy");
    }
    has_each(&ALL, &lines) && is_healthy
}

/// Prints what each program printed with planted values around. `false`: a planted value was in it, or a program is missing.
pub(crate) fn canary() -> bool {
    let Some(tests) = on_release_binaries(tests_of(&["end_to_end", "cli", "stack"])) else { return false };
    let Some((lines, is_right)) = collect("canary", tests, &CANARY) else { return false };
    println!("canary: what the programs print at TRACE, in successes, refusals and failures");
    println!("  {:<22}{:>14}  {:>15}  found", "program", "printed lines", "planted values");
    for line in &lines {
        let [program, printed, planted] = line.as_slice() else { return false };
        println!("  {program:<22}{printed:>14}  {planted:>15}  0");
    }
    has_each(&PROGRAMS, &lines) && is_right
}

/// Whether each program has a line. Says which have none.
fn has_each(programs: &[&str], lines: &[Vec<String>]) -> bool {
    let has_line =
        |program: &&&str| lines.iter().any(|line| line.first().is_some_and(|first| first == **program));
    let missing: Vec<&str> = programs.iter().filter(|program| !has_line(program)).copied().collect();
    if !missing.is_empty() {
        println!("  not shown: {}", missing.join(", "));
    }
    missing.is_empty()
}

/// Tries about `count` random inputs of each fuzz target, besides those of its corpus. `false`: a law was broken.
pub(crate) fn fuzz(Size { count, seed }: Size) -> bool {
    let mut tests = tests_of(&["laws"]);
    if !cfg!(debug_assertions) {
        tests.args(["--profile", "driver"]);
    }
    let settings = [("PROPTEST_CASES", count), ("PROPTEST_RNG_SEED", seed)];
    tests.envs(settings.map(|(name, value)| (name, value.to_string())));
    let Some((lines, is_right)) = collect("fuzz", tests, &LAWS) else { return false };
    println!("fuzz, seed {seed}: what must hold for every input");
    println!("  {:<14}{:>10}  {:>13}  broken", "target", "of corpus", "random inputs");
    for line in &lines {
        let [target, corpus, random] = line.as_slice() else { return false };
        println!("  {target:<14}{corpus:>10}  {random:>13}  0");
    }
    is_right && !lines.is_empty()
}

/// The tests with the functions as they are shipped. A debug build of this program leaves them those of a debug build.
fn on_release_binaries(mut tests: Command) -> Option<Command> {
    if cfg!(debug_assertions) {
        return Some(tests);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    match runtime.block_on(release_folder()) {
        Ok(folder) => {
            tests.env(BIN_DIR_VARIABLE, folder);
            Some(tests)
        }
        Err(error) => {
            println!("the functions could not be built: {}", error.with_causes());
            None
        }
    }
}

fn tests_of(targets: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--quiet", "--locked"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for target in targets {
        command.args(["--test", target]);
    }
    command
}

/// The fields of the lines that begin with `kind`, and whether at least as many tests as are named ran and all passed. What
/// failed tests print goes on.
fn collect(kind: &str, mut command: Command, tests: &[&str]) -> Option<(Vec<Vec<String>>, bool)> {
    command.arg("--").args(tests).arg("--nocapture").stderr(Stdio::inherit());
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            println!("{kind}: cargo does not start: {error}");
            return None;
        }
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    // The test runner may have put dots before a line.
    let fields = |line: &str| {
        let (_, fields) = line.split_once(&format!("{kind}\t"))?;
        Some(fields.split('\t').map(str::to_owned).collect())
    };
    let mut lines: Vec<Vec<String>> = printed.lines().filter_map(fields).collect();
    // Each test keeps the order of its rows.
    lines.sort_by(|one, other| one.first().cmp(&other.first()));
    if !output.status.success() {
        println!("{printed}");
    }
    let ran = |line: &str| line.strip_prefix("running ")?.split(' ').next()?.parse::<usize>().ok();
    let has_all = printed.lines().filter_map(ran).sum::<usize>() >= tests.len();
    if !has_all {
        println!("{kind}: a test of this proof is missing");
    }
    Some((lines, output.status.success() && has_all))
}
