//! A program under measurement: how it is started, and one run of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Fallible;
use crate::job::Job;
use crate::runtime::{Plan, Runtime, Seen};

/// A run that takes longer is broken: a start, and one call. Valgrind makes a process fifty times as slow.
const LIMIT: Duration = Duration::from_mins(2);
const LIMIT_OF_CALL: Duration = Duration::from_millis(100);
/// A run of more calls keeps no log: each call writes more than a kilobyte.
const LONGEST_LOG: usize = 100_000;

#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) job: Job,
    pub(crate) command: Vec<String>,
    /// In place of the job's, or besides.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Bytes of its zip, if there is one.
    pub(crate) zip: Option<u64>,
    /// Only the start is measured: it cannot do its job.
    pub(crate) starts_only: bool,
    /// Not an interpreter.
    pub(crate) is_native: bool,
}

/// Calls of a run, and the first one that is measured.
#[derive(Clone, Copy)]
pub(crate) struct Calls {
    pub(crate) all: usize,
    pub(crate) warm_from: usize,
}

impl Target {
    pub(crate) fn new(name: &'static str, job: &Job, program: &Path) -> Self {
        let command = vec![program.display().to_string()];
        Self {
            name,
            job: job.clone(),
            command,
            settings: Vec::new(),
            zip: None,
            starts_only: false,
            is_native: true,
        }
    }

    /// The same program with other events.
    pub(crate) fn with(&self, job: Job) -> Self {
        Self { job, ..self.clone() }
    }

    /// Starts the program, with `before` in front of its command, and gives it so many calls.
    pub(crate) fn run(
        &self,
        before: &[String],
        calls: Calls,
        before_warm: impl FnOnce(u32) + Send + 'static,
        logs: &Path,
    ) -> Fallible<Seen> {
        let calls = if self.starts_only { Calls { all: 0, warm_from: 0 } } else { calls };
        let looks = powers_of_ten(calls.all).collect();
        let plan = Plan { job: self.job.clone(), calls: calls.all, warm_from: calls.warm_from, looks };
        let process = std::sync::Arc::new(std::sync::OnceLock::new());
        let of_hook = std::sync::Arc::clone(&process);
        let hook = move || {
            if let Some(id) = of_hook.get() {
                before_warm(*id);
            }
        };
        let runtime = Runtime::start(plan, Some(Box::new(hook)))?;
        let log = if calls.all > LONGEST_LOG { PathBuf::from("/dev/null") } else { self.log(logs) };
        let limit = LIMIT + LIMIT_OF_CALL * u32::try_from(calls.all)?;
        let mut child = None;
        runtime.watch(|| {
            let started = child.insert(self.spawn(before, &runtime, &log)?);
            let _ = process.set(started.id());
            Ok(started.id())
        })?;
        let mut child = child.ok_or("no process")?;
        let seen = wait(&runtime, &mut child, limit);
        // Valgrind writes its count when it is asked to end.
        let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        child.wait()?;
        let seen = seen.ok_or_else(|| format!("{}: no answer in {limit:?}", self.name))?;
        match &seen.fault {
            None => Ok(seen),
            Some(fault) => Err(format!("{}: {fault}; its log: {}", self.name, log.display()).into()),
        }
    }

    fn spawn(&self, before: &[String], runtime: &Runtime, log: &Path) -> io::Result<Child> {
        let log = File::create(log)?;
        let mut command = before.iter().chain(&self.command);
        let program = command.next().ok_or_else(|| io::Error::other("no command"))?;
        Command::new(program)
            .args(command)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
            .envs(self.job.settings.iter().map(|(name, value)| (name, value)))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| io::Error::other(format!("{program} does not start: {error}")))
    }

    fn log(&self, logs: &Path) -> PathBuf {
        let _ = fs::create_dir_all(logs);
        logs.join(format!("{}.log", self.name.replace([' ', ',', '/'], "-")))
    }
}

fn powers_of_ten(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1_usize), |power| power.checked_mul(10))
        .take_while(move |power| *power <= most)
}

fn wait(runtime: &Runtime, child: &mut Child, mut left: Duration) -> Option<Seen> {
    // Looks rarely, so that looking costs nothing.
    let step = Duration::from_secs(2);
    while !left.is_zero() {
        if let Some(seen) = runtime.wait(step.min(left)) {
            return Some(seen);
        }
        if child.try_wait().ok().flatten().is_some() {
            runtime.give_up();
        }
        left = left.saturating_sub(step);
    }
    None
}
