//! The command line: what every command takes. What one noun takes stands in its module of [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use crate::commands::Command;

/// Tenants, invites and members of a Cognito user pool.
///
/// Works on the DynamoDB table of the two triggers: on AWS, with the credentials that the AWS CLI uses, or in a local file.
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule, 4 problems found, 130 stopped by ctrl-c.
#[derive(Debug, Parser)]
#[command(name = "tenantctl", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub struct Globals {
    /// DynamoDB table name or ARN [with --local, default: tenancy]
    #[arg(long, global = true, value_name = "NAME", env = "TENANCY_TABLE", help_heading = "Where")]
    pub table: Option<String>,
    /// Use a table in this local file instead of AWS. Make a new file with `table create`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Where", conflicts_with_all = ["profile"])]
    pub local: Option<PathBuf>,
    /// Where AWS is, and as whom to call it.
    #[command(flatten)]
    pub aws: AwsOptions,
    /// Output format: columns, or one JSON document (docs/tenantctl-json.md)
    #[arg(long, global = true, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub output: Format,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Output")]
    pub color: Color,
    /// Name to record in the audit log [default: the ARN of your AWS identity]
    #[arg(long, global = true, value_name = "NAME", env = "TENANTCTL_ACTOR", help_heading = "Output")]
    pub actor: Option<String>,
}

/// AWS options, as every AWS tool has them.
#[derive(Args, Clone, Debug)]
pub struct AwsOptions {
    /// AWS profile in ~/.aws
    #[arg(long, global = true, value_name = "NAME", help_heading = "Where")]
    pub profile: Option<String>,
    /// AWS Region
    #[arg(long, global = true, value_name = "REGION", help_heading = "Where")]
    pub region: Option<String>,
    /// Send the calls of every service to this URL. AWS_ENDPOINT_URL_DYNAMODB and its like set one service
    #[arg(long, global = true, value_name = "URL", help_heading = "Where")]
    pub endpoint_url: Option<String>,
}

impl Globals {
    /// Whether the output is to be JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.output == Format::Json
    }
}

/// Whether a line that could not be read asks for JSON, as far as can be seen.
#[must_use]
pub fn asks_for_json(arguments: &[std::ffi::OsString]) -> bool {
    let follows = arguments
        .windows(2)
        .any(|pair| matches!(pair, [name, value] if name == "--output" && value == "json"));
    follows || arguments.iter().any(|argument| argument == "--output=json")
}

/// A form of output.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For scripts.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::AlwaysAnsi.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// What a command takes that writes one thing.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    /// Show the items that would be written, without writing them
    #[arg(long)]
    pub dry_run: bool,
}

/// What a command takes that asks before it writes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ConfirmedWriteOptions {
    /// Show the items that would be written, without writing them
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub yes: bool,
}

impl ConfirmedWriteOptions {
    /// Without the question.
    #[must_use]
    pub fn write(self) -> WriteOptions {
        WriteOptions { dry_run: self.dry_run }
    }
}

/// What a command takes that plans unless it is told to write.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ApplyOptions {
    /// Write the changes. Without it, only the plan is shown
    #[arg(long)]
    pub apply: bool,
    /// With --apply: do not ask for confirmation
    #[arg(long, short)]
    pub yes: bool,
}

/// The user pool that a command is about.
#[derive(Args, Clone, Debug)]
pub struct PoolOption {
    /// The user pool, such as eu-west-1_AbCdEf123
    #[arg(long, value_name = "ID", env = "USER_POOL_ID")]
    pub user_pool_id: tenancy::PoolId,
}
