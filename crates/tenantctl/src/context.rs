//! What a command works with: the table, the user pool, who is asking, the time, and the page.

mod advice;
mod clients;
mod print;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};

use tenancy_aws::DynamoStore;
use tenancy_aws::operator::Operator;
use tokio::sync::OnceCell;

pub(crate) use self::write::Applied;
use crate::aws::Aws;
use crate::clock;
use crate::failure::{self, Failure};
use crate::options::Globals;
use crate::page::plain;

/// The table's name with `--local`, unless another is said.
const LOCAL_TABLE: &str = "tenancy";

/// What a command works with. Nothing is called, opened or served before it is needed.
#[derive(Debug)]
pub(crate) struct Context {
    globals: Globals,
    aws: OnceCell<Aws>,
    local: OnceCell<aws_sdk_dynamodb::Client>,
    is_unheard: AtomicBool,
    may_make_local: AtomicBool,
}

impl Context {
    /// With what the command line says.
    pub(crate) fn new(globals: Globals) -> Self {
        Self {
            globals,
            aws: OnceCell::new(),
            local: OnceCell::new(),
            is_unheard: AtomicBool::new(false),
            may_make_local: AtomicBool::new(false),
        }
    }

    /// Whether the table is in a local file.
    pub(crate) fn is_local(&self) -> bool {
        self.globals.local.is_some()
    }

    /// The local file, if the table is in one that is not there yet.
    pub(crate) fn missing_local_file(&self) -> bool {
        self.globals.local.as_ref().is_some_and(|path| !path.exists())
    }

    /// From now on a local file that is not there is made.
    pub(crate) fn make_local_file(&self) {
        self.may_make_local.store(true, Ordering::Relaxed);
    }

    /// Whether the output is to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.globals.is_json()
    }

    pub(crate) fn table_name(&self) -> Result<String, Failure> {
        match (&self.globals.table, self.is_local()) {
            (Some(table), _) if !table.trim().is_empty() => Ok(table.clone()),
            (_, true) => Ok(LOCAL_TABLE.to_owned()),
            (_, false) => Err(Failure::usage("no table is named: give --table NAME, or set TENANCY_TABLE")
                .hint("--local FILE works on a table in a local file.")),
        }
    }

    /// The table as the functions read it.
    pub(crate) async fn store(&self) -> Result<DynamoStore, Failure> {
        Ok(DynamoStore::new(self.dynamodb().await?, self.table_name()?))
    }

    /// The table, to be read.
    pub(crate) async fn reader(&self) -> Result<Operator, Failure> {
        Ok(Operator::new(self.dynamodb().await?, self.table_name()?, "nobody".to_owned()))
    }

    /// The table, to be written by who is asking.
    pub(crate) async fn writer(&self) -> Result<Operator, Failure> {
        let table = self.table_name()?;
        Ok(Operator::new(self.dynamodb().await?, table, self.actor().await?).with_clock(clock::system))
    }

    /// Who is asking: `--actor`, or the caller's AWS identity.
    async fn actor(&self) -> Result<String, Failure> {
        if let Some(actor) = self.globals.actor.as_deref().map(str::trim).filter(|actor| !actor.is_empty()) {
            // `user:` is how the functions name users.
            let is_plain = actor.chars().count() <= 256
                && plain(actor) == actor
                && !actor.contains('\n')
                && !actor.starts_with("user:");
            return if is_plain {
                Ok(actor.to_owned())
            } else {
                Err(Failure::usage(
                    "--actor must be one line of at most 256 characters, without control characters, and not begin with `user:`",
                ))
            };
        }
        if self.is_local() {
            #[expect(clippy::disallowed_methods, reason = "who is at this machine stands in the environment")]
            let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
            return Ok(format!("local:{}", user.as_deref().unwrap_or("unknown")));
        }
        let mut config = aws_sdk_sts::config::Builder::from(self.sdk().await?);
        if let Some(url) = &self.globals.aws.endpoint_url {
            config = config.endpoint_url(url);
        }
        let identity = aws_sdk_sts::Client::from_conf(config.build()).get_caller_identity().send().await;
        let identity = identity.map_err(|error| {
            failure::aws("get your AWS identity for the audit log", &error)
                .or_hint("Or name yourself with --actor NAME.")
        })?;
        identity.arn.ok_or_else(|| {
            Failure::failed("AWS returned no identity for these credentials")
                .hint("Or name yourself with --actor NAME.")
        })
    }
}
