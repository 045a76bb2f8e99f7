//! Lambda: runs functions as Lambda does, as far as two triggers can tell.
//!
//! Each environment is a child process with a Runtime API of its own and handles one event at a time. An
//! event that finds no idle environment starts another, up to
//! [`FunctionSpec::max_environments`]; at that number it waits for one, where Lambda would answer
//! `TooManyRequestsException`.

mod admission;
mod api;
mod code;
mod configuration;
mod control;
mod create;
mod environment;
mod function;
mod invocation;
mod logs;
mod name;
mod policy;
mod refusal;
mod resources;
mod runtime_api;
mod service;
mod spec;

use tokio::task::JoinHandle;

pub(crate) use self::admission::Caller;
pub use self::{
    invocation::{FunctionError, Invocation},
    logs::LogLine,
    policy::Permission,
    service::Lambda,
    spec::{FunctionProgram, FunctionSpec},
};
use crate::{
    DevStackError, Iam,
    serve::{self, Shutdown},
};

/// Starts the service and its API.
pub(crate) async fn start(
    port: Option<u16>,
    region: String,
    echo_logs: bool,
    iam: Iam,
    shutdown: Shutdown,
) -> Result<(Lambda, JoinHandle<()>), DevStackError> {
    let (listener, address) = serve::bind(port).await?;
    let lambda = Lambda::new(format!("http://{address}"), region, echo_logs, iam);
    let server = serve::spawn(listener, api::router(lambda.clone()), shutdown);
    Ok((lambda, server))
}
