//! One environment: a child process and the Runtime API that only it knows.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    process::{Child, Command},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::sleep,
};

use super::{
    invocation::FunctionError,
    runtime_api::{self, Event, Mailbox},
    spec::Placement,
};
use crate::{DevStackError, clock, random, serve};

/// Lambda's limit for the init phase (Lambda developer guide, "execution environment lifecycle").
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The `PATH` that Lambda gives, without its own folders.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A process that has polled for its first event.
pub(super) struct Environment {
    pub(super) id: usize,
    /// Asks the running event to kill the process.
    pub(super) kill: Arc<Notify>,
    child: Child,
    mailbox: Arc<Mailbox>,
    server: JoinHandle<()>,
}

pub(super) enum Ended {
    Reply(Bytes),
    Error(FunctionError),
    /// How the process ended, as in "exit status 1".
    Exited(String),
    TimedOut,
}

/// Why a process never polled.
pub(super) enum StartFailure {
    Listen(DevStackError),
    Spawn(String),
    Reported(FunctionError),
    Exited(String),
    TimedOut,
}

impl Environment {
    /// Starts the program of a function and waits until it polls.
    pub(super) async fn start(
        placement: &Placement,
        program: &Path,
        id: usize,
        kill: Arc<Notify>,
    ) -> Result<Self, StartFailure> {
        let (listener, address) = serve::bind(None).await.map_err(StartFailure::Listen)?;
        let mut child = command(placement, program, id, &address)
            .spawn()
            .map_err(|error| StartFailure::Spawn(format!("`{}`: {error}", program.display())))?;
        placement.logs.follow(child.stdout.take());
        placement.logs.follow(child.stderr.take());
        let mailbox = Arc::new(Mailbox::new());
        let router = runtime_api::router(Arc::clone(&mailbox));
        let server = tokio::spawn(async move {
            // Ends when the environment aborts it.
            let _ = axum::serve(listener, router).await;
        });
        let mut environment = Self { id, kill, child, mailbox, server };

        let ended = tokio::select! {
            () = environment.mailbox.polled() => return Ok(environment),
            status = environment.child.wait() => StartFailure::Exited(describe(status)),
            () = environment.kill.notified() => StartFailure::Exited("signal: killed".to_owned()),
            () = sleep(INIT_TIMEOUT) => StartFailure::TimedOut,
        };
        Err(environment.mailbox.init_error().map_or(ended, StartFailure::Reported))
    }

    /// Hands over one event and waits for its end. After anything but a reply or an error of the function
    /// the process is dead.
    pub(super) async fn run(
        &mut self,
        request_id: &str,
        payload: Bytes,
        arn: &str,
        timeout: Duration,
    ) -> Ended {
        let (reply, replied) = oneshot::channel();
        let deadline_ms = clock::now_ms() + timeout.as_millis();
        let event = Event { request_id: request_id.to_owned(), payload, deadline_ms, arn: arn.to_owned() };
        self.mailbox.post(event, reply);
        let ended = tokio::select! {
            biased;
            Ok(outcome) = replied => match outcome {
                Ok(reply) => return Ended::Reply(reply),
                Err(error) => return Ended::Error(error),
            },
            status = self.child.wait() => Ended::Exited(describe(status)),
            () = self.kill.notified() => Ended::Exited("signal: killed".to_owned()),
            () = sleep(timeout) => Ended::TimedOut,
        };
        let _ = self.child.kill().await;
        ended
    }

    /// The id of the process, while it lives.
    pub(super) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The child's command line and its whole environment: Lambda's variables, then the function's own.
fn command(placement: &Placement, program: &Path, id: usize, runtime_api: &str) -> Command {
    let spec = &placement.spec;
    let region = placement.region.as_str();
    let memory_mb = spec.memory_mb.to_string();
    let log_group = format!("/aws/lambda/{}", spec.name);
    let log_stream = format!("local/[$LATEST]{id:04}-{}", random::lower_alphanumerics(8));
    let task_root = program.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
    let mut command = Command::new(program);
    command.args(&spec.args).env_clear();
    command.envs([
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", &spec.name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory_mb),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &log_stream),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("LAMBDA_TASK_ROOT", &task_root),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
        ("PATH", PATH),
    ]);
    command.envs(&placement.surroundings).envs(&spec.env);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// As Lambda words it: "exit status 1".
fn describe(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}")),
        Err(error) => error.to_string(),
    }
}
