//! What can stop the stack itself; what Cognito answers is [`CognitoError`](crate::cognito::CognitoError).

use std::{error::Error, io, iter, path::PathBuf};

/// Why the local stack could not do what its caller asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevStackError {
    /// The port is in use, or no port is free.
    #[error("could not listen on {address}")]
    Listen {
        /// `host:port`; port 0 asks for any free port.
        address: String,
        #[source]
        source: io::Error,
    },
    #[error("could not open the table store: {0}")]
    TableStore(String),
    /// What an earlier run kept of Cognito cannot be read.
    #[error("could not read {}: {reason}; remove the file to start without users", path.display())]
    Kept { path: PathBuf, reason: String },
    #[error("could not write {}", path.display())]
    EnvFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// No such function; functions are added with [`Lambda::add_function`](crate::Lambda::add_function).
    #[error("no function `{0}` in the local Lambda")]
    UnknownFunction(String),
    /// The stack has been stopped and starts nothing more.
    #[error("the local stack has been stopped")]
    Stopped,
    #[error("no user pool `{0}` in the local Cognito")]
    UnknownPool(String),
    #[error("no app client `{0}` in that user pool of the local Cognito")]
    UnknownClient(String),
    #[error("could not make the signing keys")]
    SigningKeys(#[source] rsa::Error),
    /// `cargo build` of the function binaries could not be started.
    #[error("could not run `{}`", command.display())]
    CargoMissing {
        /// The program that was tried: the variable `CARGO`, or `cargo`.
        command: PathBuf,
        #[source]
        source: io::Error,
    },
    /// `cargo build` of the function binaries failed; it has already printed why.
    #[error("`cargo build` of the functions failed ({0}); what it printed says why")]
    CargoFailed(String),
    /// The build succeeded without producing a binary of this name.
    #[error("the build produced no binary `{0}`")]
    NoBinary(String),
    /// `DEV_STACK_BIN_DIR` names a folder without this binary.
    #[error("`DEV_STACK_BIN_DIR` has no file `{}`", .0.display())]
    BinaryMissing(PathBuf),
    /// The router did not start.
    #[error("could not start the router: {0}")]
    Router(String),
    /// The table, a tenant or an invite could not be made.
    #[error("could not write to the table: {0}")]
    Seed(String),
}

impl DevStackError {
    /// The error and what caused it, on one line.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let causes = iter::successors(self.source(), |cause: &&dyn Error| (*cause).source());
        iter::once(self.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
    }
}
