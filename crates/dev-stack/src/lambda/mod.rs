//! Lambda: runs functions as Lambda does, as far as two triggers can tell.
//!
//! Each environment is a child process with a Runtime API of its own and handles one event at a time. An
//! event that finds no idle environment starts another, up to
//! [`FunctionSpec::max_environments`]; at that number it waits for one, where Lambda would answer
//! `TooManyRequestsException`.

mod admission;
mod api;
mod code;
mod control;
mod create;
mod environment;
mod function;
mod logs;
mod policy;
mod resources;
mod runtime_api;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::body::Bytes;
use tokio::{sync::broadcast, task::JoinHandle};

pub(crate) use self::admission::Caller;
use self::{function::Function, logs::Logs, resources::Resources};
pub use self::{
    function::{FunctionProgram, FunctionSpec},
    logs::LogLine,
    policy::Permission,
};
use crate::{
    DevStackError, Iam, random,
    serve::{self, Shutdown},
};

/// The account in every ARN of the stack.
pub const ACCOUNT_ID: &str = "123456789012";

/// How one invocation ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Invocation {
    /// The function's reply, byte for byte.
    Ok(Bytes),
    /// The function reported an error, or failed to start.
    FunctionError(FunctionError),
    /// The function ran into its timeout and was killed.
    TimedOut(FunctionError),
    /// The function's process ended in the middle of the event.
    Exited(FunctionError),
}

impl Invocation {
    /// The error, if it is one.
    #[must_use]
    pub fn error(&self) -> Option<&FunctionError> {
        match self {
            Self::Ok(_) => None,
            Self::FunctionError(error) | Self::TimedOut(error) | Self::Exited(error) => Some(error),
        }
    }
}

/// What the Invoke API answers with when `x-amz-function-error` is set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionError {
    /// `errorType` of the body.
    pub error_type: String,
    /// `errorMessage` of the body: what Cognito shows to the user.
    pub error_message: String,
    /// The whole body.
    pub raw: Bytes,
}

impl FunctionError {
    /// An error with nothing but a type and a message.
    #[must_use]
    pub fn new(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        let (error_type, error_message) = (error_type.into(), error_message.into());
        let body = serde_json::json!({ "errorType": error_type, "errorMessage": error_message });
        Self { raw: body.to_string().into(), error_type, error_message }
    }

    /// Reads the error that a runtime posted; what cannot be read is left empty.
    fn from_posted(raw: Bytes) -> Self {
        let body: serde_json::Value = serde_json::from_slice(&raw).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        Self { error_type: text("errorType"), error_message: text("errorMessage"), raw }
    }

    /// The process of `request_id` ended by itself; `how` as in "exit status 1".
    fn exited(request_id: &str, how: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
        Self::new("Runtime.ExitError", message)
    }

    /// The function did not answer within `seconds`.
    fn timed_out(request_id: &str, seconds: f64) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        Self::new("Sandbox.Timedout", message)
    }
}

/// The local Lambda; clones are the same service.
#[derive(Clone)]
pub struct Lambda {
    service: Arc<Service>,
}

struct Service {
    region: String,
    url: String,
    echo_logs: bool,
    log_lines: broadcast::Sender<LogLine>,
    iam: Iam,
    /// See [`Lambda::surround`].
    surroundings: OnceLock<BTreeMap<String, String>>,
    functions: Mutex<Functions>,
}

#[derive(Default)]
struct Functions {
    by_name: BTreeMap<String, Arc<Function>>,
    /// Aliases and policies, by name; they outlive a replacement.
    resources: BTreeMap<String, Resources>,
    stopped: bool,
}

/// Starts the service and its API.
pub(crate) async fn start(
    port: Option<u16>,
    region: String,
    echo_logs: bool,
    iam: Iam,
    shutdown: Shutdown,
) -> Result<(Lambda, JoinHandle<()>), DevStackError> {
    let (listener, address) = serve::bind(port).await?;
    let (surroundings, functions) = (OnceLock::new(), Mutex::default());
    let (log_lines, _) = broadcast::channel(logs::BACKLOG);
    let url = format!("http://{address}");
    let service = Service { region, url, echo_logs, log_lines, iam, surroundings, functions };
    let lambda = Lambda { service: Arc::new(service) };
    let server = serve::spawn(listener, api::router(lambda.clone()), shutdown);
    Ok((lambda, server))
}

impl Lambda {
    /// Base URL of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// Adds a function, or replaces the one of that name (whose environments die, and whose aliases and policies
    /// stay). Nothing is started: the first event is a cold start.
    pub fn add_function(&self, spec: FunctionSpec) {
        self.add(spec, BTreeMap::new());
    }

    /// Adds a function that was made through the API. Its caller thinks of AWS and names no endpoints, so it finds
    /// those of this stack in its environment.
    fn add_made(&self, spec: FunctionSpec) {
        self.add(spec, self.service.surroundings.get().cloned().unwrap_or_default());
    }

    fn add(&self, spec: FunctionSpec, surroundings: BTreeMap<String, String>) {
        let (name, arn) = (spec.name.clone(), self.arn(&spec.name));
        let region = self.service.region.clone();
        let function = {
            let logs = Logs::new(&spec.name, self.service.echo_logs, self.service.log_lines.clone());
            Function::new(spec, surroundings, arn, region, logs)
        };
        if let Some(old) = self.functions().by_name.insert(name, Arc::new(function)) {
            old.kill();
        }
    }

    /// Deletes a function; its environments die. `false` if there was none.
    #[must_use]
    pub fn remove_function(&self, name: &str) -> bool {
        let mut functions = self.functions();
        functions.resources.remove(name);
        let removed = functions.by_name.remove(name);
        removed.is_some_and(|function| {
            function.kill();
            true
        })
    }

    /// Sends one event to the function of this name or ARN and waits for its end; a version or alias must be there. Like an
    /// invocation of Lambda it runs on when the returned future is dropped. No policy is asked: the caller counts as a
    /// principal of the account.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`], also for an unknown version or alias; [`DevStackError::Stopped`]. How the function itself fails is part
    /// of [`Invocation`].
    pub async fn invoke(&self, name: &str, payload: impl Into<Bytes>) -> Result<Invocation, DevStackError> {
        let function = self.function(name)?;
        if self.configuration(&function.spec.name, api::qualifier(name).unwrap_or_default())?.is_none() {
            return Err(DevStackError::UnknownFunction(name.to_owned()));
        }
        let payload = payload.into();
        let running = tokio::spawn(async move { function.invoke(payload).await });
        // The task ends without a result only when it panicked or the runtime is going down.
        running.await.unwrap_or_else(|error| {
            Ok(Invocation::Exited(FunctionError::exited(&random::uuid(), &error.to_string())))
        })
    }

    /// Kills every environment of a function, as a crash would: an event in the middle of one ends in
    /// [`Invocation::Exited`], and the next event is a cold start. Gives how many were killed.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn kill(&self, name: &str) -> Result<usize, DevStackError> {
        Ok(self.function(name)?.kill())
    }

    /// How many environments are alive: idle, busy or starting. Always 0 for a function in process.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn environments(&self, name: &str) -> Result<usize, DevStackError> {
        Ok(self.function(name)?.environments())
    }

    /// How many environments have been started since the function was added: the cold starts.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn cold_starts(&self, name: &str) -> Result<usize, DevStackError> {
        Ok(self.function(name)?.cold_starts())
    }

    /// The last lines (10,000 at most) that the function's processes wrote to their standard output and
    /// error, oldest first. A line can arrive shortly after the reply.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn logs(&self, name: &str) -> Result<Vec<String>, DevStackError> {
        Ok(self.function(name)?.logs())
    }

    /// All lines that functions write from now on. A reader that falls more than 1,024 behind misses the oldest.
    #[must_use]
    pub fn log_lines(&self) -> broadcast::Receiver<LogLine> {
        self.service.log_lines.subscribe()
    }

    /// The ARN that a function of this name has or would have.
    #[must_use]
    pub fn arn(&self, name: &str) -> String {
        format!("arn:aws:lambda:{}:{ACCOUNT_ID}:function:{name}", self.service.region)
    }

    /// The environment variables that lead functions made through the API to this stack; told once.
    pub(crate) fn surround(&self, environment: BTreeMap<String, String>) {
        let _ = self.service.surroundings.set(environment);
    }

    /// The names of all functions.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.functions().by_name.keys().cloned().collect()
    }

    fn iam(&self) -> &Iam {
        &self.service.iam
    }

    /// Kills everything; from now on nothing can be invoked.
    pub(crate) fn stop(&self) {
        let mut functions = self.functions();
        functions.stopped = true;
        for function in functions.by_name.values() {
            function.close();
        }
    }

    fn function(&self, name: &str) -> Result<Arc<Function>, DevStackError> {
        let functions = self.functions();
        if functions.stopped {
            return Err(DevStackError::Stopped);
        }
        let found = functions.by_name.get(api::function_name(name)).cloned();
        found.ok_or_else(|| DevStackError::UnknownFunction(name.to_owned()))
    }

    fn functions(&self) -> MutexGuard<'_, Functions> {
        self.service.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.functions().by_name.keys().cloned().collect();
        f.debug_struct("Lambda").field("url", &self.service.url).field("functions", &names).finish()
    }
}
