//! `cargo speed`: measures the release binaries of the functions beside what people use instead. docs/speed.md has the method
//! and the figures.

mod budgets;
mod calls;
mod certificates;
mod checker;
mod document;
mod growth;
mod http;
mod instructions;
mod items;
mod job;
mod peers;
mod plot;
mod programs;
mod report;
mod rounds;
mod routes;
mod runtime;
mod scale;
mod sigv4;
mod store;
mod target;
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use certificates::Certificates;
use job::Jobs;
use programs::Products;
use report::Report;
use store::Store;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const HELP: &str = "\
Measures the release binaries of the functions, as infra/build makes them, on a stand-in for Lambda, DynamoDB and Cognito.

Usage: cargo speed [OPTIONS]

      --check           only count instructions and requests, and compare them with tests/speed/budgets.json
      --write-budgets   only count them, and write tests/speed/budgets.json
      --growth          only measure how a sign-in grows with tenants, memberships and groups
      --write           put what is printed into docs/speed.md, and the curves into docs/images
      --no-times        do not measure times and memory
      --no-growth       do not measure growth
      --no-instructions do not count instructions; the curves then show CPU time
      --no-peers        do not install and measure Node, Python and the Rust sample
      --rounds <N>      rounds; each measures every program once [default: 7]
      --calls <N>       measured warm calls of a round; 300 more come before [default: 1000]
      --tenants <N>     tenants that pass the environment whose memory is measured [default: 1000000]
      --latency-ms <N>  time that the store waits before each answer [default: 0]
      --bin-dir <DIR>   measure these binaries [default: infra/dist/<architecture>, built if it is out of date]
  -h, --help

Needs openssl, and taskset and valgrind on Linux. Writes target/speed/speed.json and growth.json.
";

#[derive(Clone, Copy, Eq, PartialEq)]
enum Task {
    Measure,
    Growth,
    Check,
    WriteBudgets,
}

#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
struct Options {
    task: Task,
    writes: bool,
    peers: bool,
    times: bool,
    instructions: bool,
    growth: bool,
    rounds: usize,
    calls: usize,
    tenants: usize,
    latency: Duration,
    binaries: Option<PathBuf>,
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)) {
        Ok(None) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Some(options)) => match run(&options) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("speed: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("speed: {error}; see cargo speed --help");
            ExitCode::from(2)
        }
    }
}

/// `None`: the help is wanted.
fn options(mut arguments: impl Iterator<Item = String>) -> Fallible<Option<Options>> {
    let mut options = Options {
        task: Task::Measure,
        writes: false,
        peers: true,
        times: true,
        instructions: true,
        growth: true,
        rounds: 7,
        calls: 1_000,
        tenants: 1_000_000,
        latency: Duration::ZERO,
        binaries: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "-h" | "--help" => return Ok(None),
            "--check" => options.task = Task::Check,
            "--write-budgets" => options.task = Task::WriteBudgets,
            "--growth" => options.task = Task::Growth,
            "--write" => options.writes = true,
            "--no-times" => options.times = false,
            "--no-growth" => options.growth = false,
            "--no-instructions" => options.instructions = false,
            "--no-peers" => options.peers = false,
            "--rounds" => options.rounds = value()?.parse::<usize>()?.max(1),
            "--calls" => options.calls = value()?.parse::<usize>()?.max(1),
            "--tenants" => options.tenants = value()?.parse::<usize>()?.max(1),
            "--latency-ms" => options.latency = Duration::from_millis(value()?.parse()?),
            "--bin-dir" => options.binaries = Some(value()?.into()),
            _ => return Err(format!("unknown option {argument}").into()),
        }
    }
    Ok(Some(options))
}

/// `false`: a budget is exceeded.
fn run(options: &Options) -> Fallible<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or("no workspace")?;
    let work = root.join("target/speed");
    let certificates = Certificates::ready(&work.join("certificates"))?;
    let store = Store::start(certificates.server.clone(), options.latency)?;
    let jobs = Jobs::new(root, &store, &certificates)?;
    let products = programs::products(root, options.binaries.as_deref(), &jobs)?;
    let lab = Lab { options, root, work: &work, certificates, store, jobs, products };
    let budgets = root.join("tests/speed/budgets.json");
    match options.task {
        Task::Check => return budgets::hold(&budgets, &lab.products, &lab.store, &work),
        Task::WriteBudgets => budgets::write(&budgets, &lab.products, &lab.store, &work)?,
        Task::Growth => lab.grow()?,
        Task::Measure => lab.measure()?,
    }
    Ok(true)
}

struct Lab<'a> {
    options: &'a Options,
    root: &'a Path,
    work: &'a Path,
    certificates: Certificates,
    store: Store,
    jobs: Jobs,
    products: Products,
}

impl Lab<'_> {
    fn measure(&self) -> Fallible<()> {
        let Self { options, root, work, certificates, store, jobs, products } = self;
        let mut targets = Vec::from(programs::floors(root, jobs, certificates)?);
        targets.extend(products.functions.iter().cloned());
        let mut absent = Vec::new();
        if options.peers && options.times {
            for peer in peers::install(root, work, jobs, certificates) {
                match peer {
                    Ok(target) => targets.push(target),
                    Err(reason) => absent.push(reason),
                }
            }
        } else if options.times {
            absent.push("Node, Python and the Rust sample: --no-peers".to_owned());
        }
        let machine = report::machine();
        let pinned = pin();
        let (mut measured, mut shares) = (Vec::new(), Vec::new());
        if options.times {
            measured = rounds::measure(&targets, store, options.rounds, options.calls, work)?;
            shares = rounds::shares(&targets, store, options.rounds, work, &mut absent);
        }
        let store_calls = calls::count(targets.iter().chain(&products.routes), store, work)?;
        let counted = if options.instructions {
            instructions::count(&targets, store, work)
        } else {
            Err("--no-instructions".into())
        };
        let counted = match counted {
            Ok(counted) => counted,
            Err(error) => {
                absent.push(format!("instructions: {error}"));
                Vec::new()
            }
        };
        let report = Report {
            options,
            targets: &targets,
            measured,
            counted,
            store_calls,
            shares,
            absent,
            pinned,
            machine,
        };
        if options.times {
            self.say("times", &report.times())?;
        }
        self.say("counts", &report.counts())?;
        self.keep("speed.json", &report.json())?;
        if let Some(p50) = report.median("pre-token-generation", |round| round.p50) {
            self.say("scale", &scale::text(p50))?;
        }
        if options.growth { self.grow() } else { Ok(()) }
    }

    fn grow(&self) -> Fallible<()> {
        let program = self.products.functions.first().ok_or("no function")?;
        let growth = growth::measure(self.options, program, &self.jobs, &self.store, self.work)?;
        self.say("growth", &growth.text())?;
        self.keep("growth.json", &growth.json())?;
        if self.options.writes { growth.draw(&self.root.join("docs/images")) } else { Ok(()) }
    }

    fn say(&self, block: &str, text: &str) -> Fallible<()> {
        println!("\n{text}");
        if self.options.writes {
            document::write(&self.root.join("docs/speed.md"), block, text)
        } else {
            Ok(())
        }
    }

    fn keep(&self, name: &str, json: &serde_json::Value) -> Fallible<()> {
        let path = self.work.join(name);
        fs::write(&path, format!("{json:#}\n"))?;
        println!("\nwritten: {}", path.strip_prefix(self.root).unwrap_or(&path).display());
        Ok(())
    }
}

/// Puts this process, and all that it starts, on one core: a wake-up of another core would cost more than a call. `false` if
/// that is not possible here.
fn pin() -> bool {
    let this = std::process::id().to_string();
    // `-a`: the threads of the stand-ins run already.
    let pinned = Command::new("taskset").args(["-a", "-c", "-p", "0", &this]).output();
    pinned.is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Fallible<Option<Options>> {
        options(arguments.iter().map(|&argument| argument.to_owned()))
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let options = read(&["--rounds", "3", "--latency-ms", "2", "--no-peers"]).unwrap().unwrap();
        assert_eq!((options.rounds, options.latency, options.peers), (3, Duration::from_millis(2), false));

        for wrong in [&["--round", "3"][..], &["--rounds"], &["--rounds", "many"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
        assert!(read(&["--help"]).unwrap().is_none());
    }
}
