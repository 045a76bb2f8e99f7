//! The service: its functions, and what they have.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::body::Bytes;
use tokio::sync::broadcast;

use super::{
    function::Function,
    invocation::{FunctionError, Invocation},
    logs::{self, LogLine, Logs},
    name,
    resources::Resources,
    spec::{FunctionSpec, Placement},
};
use crate::{DevStackError, Iam, account::ACCOUNT_ID, random};

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
pub(super) struct Functions {
    pub(super) by_name: BTreeMap<String, Arc<Function>>,
    /// Aliases and policies, by name; they outlive a replacement.
    pub(super) resources: BTreeMap<String, Resources>,
    stopped: bool,
}

impl Lambda {
    pub(super) fn new(url: String, region: String, echo_logs: bool, iam: Iam) -> Self {
        let (surroundings, functions) = (OnceLock::new(), Mutex::default());
        let (log_lines, _) = broadcast::channel(logs::BACKLOG);
        let service = Service { region, url, echo_logs, log_lines, iam, surroundings, functions };
        Self { service: Arc::new(service) }
    }

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
    pub(super) fn add_made(&self, spec: FunctionSpec) {
        self.add(spec, self.service.surroundings.get().cloned().unwrap_or_default());
    }

    fn add(&self, spec: FunctionSpec, surroundings: BTreeMap<String, String>) {
        let (name, arn) = (spec.name.clone(), self.arn(&spec.name));
        let region = self.service.region.clone();
        let logs = Logs::new(&spec.name, self.service.echo_logs, self.service.log_lines.clone());
        let function = Function::new(Placement { spec, surroundings, arn, region, logs: Arc::new(logs) });
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
        if self
            .configuration(&function.placement.spec.name, name::qualifier(name).unwrap_or_default())?
            .is_none()
        {
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

    /// The processes of a function that wait for an event, by their ids.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn waiting_processes(&self, name: &str) -> Result<Vec<u32>, DevStackError> {
        Ok(self.function(name)?.waiting_processes())
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

    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.functions().by_name.keys().cloned().collect()
    }

    pub(super) fn iam(&self) -> &Iam {
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

    pub(super) fn function(&self, name: &str) -> Result<Arc<Function>, DevStackError> {
        let functions = self.functions();
        if functions.stopped {
            return Err(DevStackError::Stopped);
        }
        let found = functions.by_name.get(name::function_name(name)).cloned();
        found.ok_or_else(|| DevStackError::UnknownFunction(name.to_owned()))
    }

    pub(super) fn functions(&self) -> MutexGuard<'_, Functions> {
        self.service.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn qualified_arn(&self, name: &str, qualifier: &str) -> String {
        let arn = self.arn(name);
        if qualifier.is_empty() { arn } else { format!("{arn}:{qualifier}") }
    }

    /// Works on what a function has; `name` may be an ARN.
    pub(super) fn with_resources<T>(
        &self,
        name: &str,
        action: impl FnOnce(&mut Resources) -> T,
    ) -> Result<T, DevStackError> {
        let name = self.function(name)?.placement.spec.name.clone();
        Ok(action(self.functions().resources.entry(name).or_default()))
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.functions().by_name.keys().cloned().collect();
        f.debug_struct("Lambda").field("url", &self.service.url).field("functions", &names).finish()
    }
}
