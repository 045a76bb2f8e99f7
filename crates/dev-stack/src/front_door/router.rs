//! The router as a process that listens at a loopback address.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::DevStackError;

const START_TIMEOUT: Duration = Duration::from_mins(1);

/// What the first line on standard output begins with.
const LISTENING: &str = "listening on ";

#[derive(Debug)]
pub(super) struct RouterProcess {
    pub(super) url: String,
    child: Child,
    log: JoinHandle<()>,
}

impl RouterProcess {
    /// Starts it, and waits until it listens.
    pub(super) async fn start(
        program: &Path,
        environment: BTreeMap<String, String>,
        echo: bool,
    ) -> Result<Self, DevStackError> {
        let mut command = Command::new(program);
        command.env_clear().envs(environment).env("ROUTER_LISTEN", "127.0.0.1:0").kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let failed = |reason: String| DevStackError::Router(reason);
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let Some(output) = child.stdout.take() else { return Err(failed("no standard output".to_owned())) };
        let mut lines = BufReader::new(output).lines();
        let url = timeout(START_TIMEOUT, address(&mut lines)).await.ok().flatten();
        let url = url.ok_or_else(|| failed("it did not say where it listens".to_owned()))?;
        let log = tokio::spawn(read_on(lines, echo));
        Ok(Self { url, child, log })
    }

    pub(super) async fn end(&mut self) {
        // It may have ended already.
        let _ = self.child.kill().await;
        self.log.abort();
    }
}

/// The address in the first line that has one.
async fn address(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(url) = line.strip_prefix(LISTENING) {
            return Some(url.to_owned());
        }
        eprintln!("[router] {line}");
    }
    None
}

/// Reads the log, so that the process never waits for a reader.
async fn read_on(mut lines: Lines<BufReader<ChildStdout>>, echo: bool) {
    while let Ok(Some(line)) = lines.next_line().await {
        if echo {
            eprintln!("[router] {line}");
        }
    }
}
