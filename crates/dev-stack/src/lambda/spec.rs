//! What a function is made of.

use std::{collections::BTreeMap, fmt, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use axum::body::Bytes;

use super::{invocation::FunctionError, logs::Logs};

/// What [`Lambda::add_function`](crate::Lambda::add_function) takes.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// Name, also in the ARN.
    pub name: String,
    pub program: FunctionProgram,
    /// Arguments of a binary, as the command of an image function. Default none.
    pub args: Vec<String>,
    /// The function's own environment variables; nothing of this process's environment reaches it.
    pub env: BTreeMap<String, String>,
    /// Longest time for one event, without the cold start. Default 5 s.
    pub timeout: Duration,
    /// Memory setting in MB, which the function is told and nothing enforces. Default 512.
    pub memory_mb: u32,
    /// Most processes at one time; more events wait. Default 10.
    pub max_environments: usize,
}

impl FunctionSpec {
    /// A function with the defaults above.
    #[must_use]
    pub fn new(name: impl Into<String>, program: FunctionProgram) -> Self {
        Self {
            name: name.into(),
            program,
            args: Vec::new(),
            env: BTreeMap::new(),
            timeout: Duration::from_secs(5),
            memory_mb: 512,
            max_environments: 10,
        }
    }
}

type Handler =
    dyn Fn(Bytes) -> Pin<Box<dyn Future<Output = Result<Bytes, FunctionError>> + Send>> + Send + Sync;

#[derive(Clone)]
pub enum FunctionProgram {
    /// A `provided.al2023` bootstrap: a program that polls the Runtime API.
    Binary(PathBuf),
    /// A closure in this process, for tests of the stack itself: replies and errors that no decent function
    /// gives. See [`FunctionProgram::in_process`].
    InProcess(Arc<Handler>),
}

impl FunctionProgram {
    /// A function that is a closure from the event's bytes to the reply's bytes.
    pub fn in_process<F, R>(handler: F) -> Self
    where
        F: Fn(Bytes) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Bytes, FunctionError>> + Send + 'static,
    {
        Self::InProcess(Arc::new(move |event| Box::pin(handler(event))))
    }
}

impl fmt::Debug for FunctionProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary(path) => f.debug_tuple("Binary").field(path).finish(),
            Self::InProcess(_) => f.write_str("InProcess"),
        }
    }
}

/// A function's spec, and where it stands in this stack.
pub(super) struct Placement {
    pub(super) spec: FunctionSpec,
    /// Environment variables besides its own, which nobody sees but the process.
    pub(super) surroundings: BTreeMap<String, String>,
    pub(super) arn: String,
    pub(super) region: String,
    pub(super) logs: Arc<Logs>,
}
