//! The local stack: what two Cognito triggers need around them, in one process on loopback.
//!
//! - `DynamoDB` is dynoxide, in memory or on a file ([`StackOptions::data`]);
//! - Lambda ([`Lambda`]) runs real function binaries as child processes behind a Runtime API, and answers
//!   the Invoke API and those that make, delete and look at functions, aliases and policies;
//! - Cognito ([`Cognito`]) has the part of the JSON API that sign-up and sign-in need and that sets pools, app
//!   clients and identity providers up, signs real tokens, and fires the triggers as the developer guide says. What
//!   the guide does not say is decided in one place, [`cognito::unknowns`]; where it differs from AWS is listed in
//!   another, [`cognito::differences`];
//! - API Gateway ([`Api`]) asks a Lambda authorizer about each request, and sends what it allows to a backend;
//! - STS ([`Sts`]) says who calls;
//! - IAM ([`Iam`]) keeps roles and their policies, and asks nobody for them;
//! - the front door ([`FrontDoor`]) is a start page, two user pools and an app, to click through.
//!
//! The system chooses the ports, unless [`StackOptions::port`] fixes them. Nothing here checks who calls or what they may
//! do, but for the resource policies that Cognito needs to call a function. Quotas are not imitated, but for
//! [`Cognito::limit_user_updates`].
//!
//! ```no_run
//! # async fn run() -> Result<(), dev_stack::DevStackError> {
//! use dev_stack::{ClientSettings, DevStack, PoolSettings, StackOptions};
//!
//! let stack = DevStack::start(StackOptions::default()).await?;
//! let pool = stack.cognito().create_pool(PoolSettings::default());
//! let client = stack.cognito().create_client(&pool, ClientSettings::default())?;
//! println!("{} {client}", stack.endpoints().cognito);
//! stack.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod api_gateway;
pub mod cognito;
pub mod front_door;
pub mod functions;
pub mod lambda;
pub mod seed;

mod account;
mod clock;
mod dynamodb;
mod error;
mod form;
mod iam;
mod json;
mod query;
mod random;
mod serve;
mod stack;
mod sts;

pub use account::ACCOUNT_ID;
pub use api_gateway::{Api, ApiSettings, AuthorizerEvent};
pub use cognito::{
    ClientSettings, Cognito, EventVersion, Mail, PoolSettings, Trigger, TriggerOutcome, TriggerRecord,
    Triggers,
};
pub use error::DevStackError;
pub use front_door::{FrontDoor, FrontDoorOptions};
pub use functions::FunctionBinaries;
pub use iam::Iam;
pub use lambda::{FunctionError, FunctionProgram, FunctionSpec, Invocation, Lambda, LogLine, Permission};
pub use seed::Seed;
pub use stack::{DevStack, Endpoints, StackOptions};
pub use sts::Sts;
