//! Mistakes in the rules, put in one at a time by cargo-mutants, and whether the tests find them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use serde_json::Value;

use crate::Size;

const VERSION: &str = "27.1.0";

/// A crate with rules. `.cargo/mutants.toml` says which of its mutants are left out, and why.
struct Group {
    package: &'static str,
    /// How many of 100 mutants the tests must catch.
    goal: u64,
    /// Packages whose tests run besides its own.
    tests: &'static [&'static str],
    options: &'static [&'static str],
}

impl Group {
    /// `fuzz` and `prove` call the triggers in one process with their tests.
    const fn trigger(package: &'static str) -> Self {
        Self { package, goal: 85, tests: &["fuzz", "prove"], options: &[] }
    }

    /// `fuzz` calls these, too.
    const fn behind_the_api(package: &'static str) -> Self {
        Self { package, goal: 85, tests: &["fuzz"], options: &[] }
    }
}

const GROUPS: [Group; 8] = [
    Group { package: "tenancy", goal: 95, tests: &[], options: &[] },
    Group {
        package: "tenant-token",
        goal: 85,
        tests: &[],
        // The test that is skipped verifies 100,000 tokens.
        options: &["--features=axum,https", "--", "--", "--skip=no_mutated_token_is_accepted"],
    },
    Group::trigger("pre-token-generation"),
    Group::trigger("post-confirmation"),
    Group::trigger("cognito-trigger"),
    Group::trigger("function"),
    Group::behind_the_api("authorizer"),
    Group::behind_the_api("router"),
];

/// What the tests did about the mutants of a group.
struct Found {
    of: u64,
    caught: u64,
    missed: u64,
    unviable: u64,
    timeouts: u64,
    survivors: Vec<String>,
}

/// Tries about `count` mutants of each group, or of the groups that are named, and prints what the tests caught. `false`: the
/// tests of a group caught less than its goal, or fail without any mutant.
pub(crate) fn prove(size: Size, packages: &[String]) -> bool {
    let unknown = packages.iter().find(|name| GROUPS.iter().all(|group| group.package != **name));
    if let Some(name) = unknown {
        println!("mutants: no group `{name}`; there are {}", GROUPS.map(|group| group.package).join(", "));
        return false;
    }
    let mutants = match Mutants::ready() {
        Ok(mutants) => mutants,
        Err(error) => {
            println!("mutants: {error}");
            return false;
        }
    };
    println!("mutants, seed {}: about {} of each group", size.seed, size.count);
    println!("  {:<22}mutants  tried  unviable  caught  missed  timeouts   share  goal", "group");
    let (mut is_right, mut survivors) = (true, Vec::new());
    for group in GROUPS {
        if !packages.is_empty() && packages.iter().all(|name| name != group.package) {
            continue;
        }
        match mutants.run(&group, size) {
            Ok(found) => {
                is_right &= print(&group, &found);
                survivors.extend(found.survivors);
            }
            Err(error) => {
                println!("  {:<22}{error}", group.package);
                is_right = false;
            }
        }
    }
    println!("  missed, or tests that did not end: {}", survivors.len());
    for survivor in survivors {
        println!("    {survivor}");
    }
    is_right
}

/// `false`: less was caught than the goal. A mutant that does not compile says nothing about the tests.
fn print(group: &Group, outcome: &Found) -> bool {
    let Found { of, caught, missed, unviable, timeouts, .. } = outcome;
    // Tests that never end have found an endless loop.
    let (found, viable) = (caught + timeouts, caught + missed + timeouts);
    let share = if viable == 0 { "-".to_owned() } else { format!("{:.1} %", share(found, viable)) };
    println!(
        "  {:<22}{of:>7}  {:>5}  {unviable:>8}  {caught:>6}  {missed:>6}  {timeouts:>8}  {share:>6}  {:>2} %",
        group.package,
        viable + unviable,
        group.goal,
    );
    found * 100 >= group.goal * viable
}

#[expect(clippy::cast_precision_loss, reason = "there are some hundred mutants")]
fn share(part: u64, all: u64) -> f64 {
    part as f64 * 100.0 / all as f64
}

/// cargo-mutants, and a copy of the workspace for it.
struct Mutants {
    program: PathBuf,
    tree: PathBuf,
}

impl Mutants {
    /// Installs cargo-mutants if it is missing, and copies the workspace: so no mistake is left in it, whatever happens.
    fn ready() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let tools = root.join("target/tools");
        let mutants = Self { program: tools.join("bin/cargo-mutants"), tree: root.join("target/mutants") };
        let version = Command::new(&mutants.program).args(["mutants", "--version"]).output();
        if !version.is_ok_and(|output| output.stdout.trim_ascii().ends_with(VERSION.as_bytes())) {
            let mut install = Command::new("cargo");
            install.args(["install", "--quiet", "--locked", "--debug", "--root"]).arg(tools);
            output(install.arg(format!("cargo-mutants@{VERSION}")))?;
        }
        copy(&root, &mutants.tree).map_err(|error| format!("could not copy the workspace: {error}"))?;
        Ok(mutants)
    }

    fn run(&self, group: &Group, size: Size) -> Result<Found, String> {
        let listed = output(self.command(group).args(["--list", "--json"]))?;
        let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).map_err(|error| error.to_string())?;
        let of = listed.len() as u64;
        // Every n-th mutant. The next seed has the next ones, so that `n` seeds have all of them.
        let shards = of.div_ceil(size.count.max(1)).max(1);
        let folder = self.tree.join("target/mutants").join(group.package);
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let mut command = self.command(group);
        command
            .args(["--in-place", "--no-times", "--colors=never", "--sharding=round-robin", "--shard"])
            .arg(format!("{}/{shards}", size.seed % shards))
            .arg("--output")
            .arg(&folder);
        for package in group.tests.iter().chain([&group.package]) {
            command.arg(format!("--test-package={package}"));
        }
        // What survives is printed as it is found: a full run takes long.
        let status = command.args(group.options).stdin(Stdio::null()).status();
        let status = status.map_err(|error| format!("cargo-mutants does not start: {error}"))?;
        // Some survived; some did not end.
        if !status.code().is_some_and(|code| [0, 2, 3].contains(&code)) {
            return Err(format!("cargo-mutants: {status}"));
        }
        found(&folder.join("mutants.out"), of).map_err(|error| error.to_string())
    }

    /// The properties are tried with few cases, always the same ones, and are not shrunk.
    fn command(&self, group: &Group) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["mutants", "--package", group.package])
            .current_dir(&self.tree)
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("PROPTEST_CASES", "32")
            .env("PROPTEST_RNG_SEED", "1")
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1");
        command
    }
}

/// What cargo-mutants wrote into its folder.
fn found(folder: &Path, of: u64) -> io::Result<Found> {
    let outcomes: Value = serde_json::from_slice(&fs::read(folder.join("outcomes.json"))?)?;
    let count = |name: &str| outcomes.get(name).and_then(Value::as_u64).unwrap_or_default();
    let mut survivors = Vec::new();
    for (file, kind) in [("missed.txt", "missed"), ("timeout.txt", "timeout")] {
        let listed = fs::read_to_string(folder.join(file))?;
        survivors.extend(listed.lines().map(|mutant| format!("{kind}: {mutant}")));
    }
    Ok(Found {
        of,
        caught: count("caught"),
        missed: count("missed"),
        unviable: count("unviable"),
        timeouts: count("timeout"),
        survivors,
    })
}

/// Copies what is or may be committed. What was built from an older copy stays, but for what an interrupted compiler may have
/// left half-written.
fn copy(root: &Path, tree: &Path) -> io::Result<()> {
    fs::create_dir_all(tree)?;
    let incremental = tree.join("target/debug/incremental");
    if incremental.exists() {
        fs::remove_dir_all(incremental)?;
    }
    for old in fs::read_dir(tree)? {
        let old = old?;
        if old.file_type()?.is_file() {
            fs::remove_file(old.path())?;
        } else if old.file_name() != "target" {
            fs::remove_dir_all(old.path())?;
        }
    }
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let listed = output(&mut git).map_err(io::Error::other)?;
    let listed = String::from_utf8(listed.stdout).map_err(io::Error::other)?;
    for name in listed.split_terminator('\0') {
        let (from, to) = (root.join(name), tree.join(name));
        // Git also lists what was deleted and is not yet committed.
        if from.exists() {
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// Runs a command. If it fails, what it printed says why.
fn output(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{name} does not start: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(format!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&printed)))
}
