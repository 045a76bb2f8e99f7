//! Options that several commands take.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use tenancy::{Role, TenantId, Timestamp};

use crate::failure::Failure;

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Globals {
    /// DynamoDB table name or ARN [with --local, default: tenancy]
    #[arg(long, global = true, value_name = "NAME", env = "TENANCY_TABLE", help_heading = "Where")]
    pub(crate) table: Option<String>,
    /// Use a table in this local file instead of AWS. Make a new file with `table create`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Where", conflicts_with_all = ["profile"])]
    pub(crate) local: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Output format: columns, or one JSON document (docs/tenantctl-json.md)
    #[arg(long, global = true, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) output: Format,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Output")]
    pub(crate) color: Color,
    /// Name to record in the audit log [default: the ARN of your AWS identity]
    #[arg(long, global = true, value_name = "NAME", env = "TENANTCTL_ACTOR", help_heading = "Output")]
    pub(crate) actor: Option<String>,
}

/// AWS options, as every AWS tool has them.
#[derive(Args, Clone, Debug)]
pub(crate) struct AwsOptions {
    /// AWS profile in ~/.aws
    #[arg(long, global = true, value_name = "NAME", help_heading = "Where")]
    pub(crate) profile: Option<String>,
    /// AWS Region
    #[arg(long, global = true, value_name = "REGION", help_heading = "Where")]
    pub(crate) region: Option<String>,
    /// Send all AWS calls to this URL. AWS_ENDPOINT_URL_DYNAMODB and similar variables set it for one service
    #[arg(long, global = true, value_name = "URL", help_heading = "Where")]
    pub(crate) endpoint_url: Option<String>,
}

impl Globals {
    /// Whether the output is to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.output == Format::Json
    }
}

/// A form of output.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For scripts.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Color {
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
pub(crate) struct WriteOptions {
    /// Show the items that would be written, without writing them
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What a command takes that asks before it writes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct ConfirmedWriteOptions {
    /// Show the items that would be written, without writing them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl ConfirmedWriteOptions {
    /// Without the question.
    pub(crate) fn write(self) -> WriteOptions {
        WriteOptions { dry_run: self.dry_run }
    }
}

/// What a command takes that plans unless it is told to write.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct ApplyOptions {
    /// Write the changes. Without it, only the plan is shown
    #[arg(long)]
    pub(crate) apply: bool,
    /// With --apply: do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// The user pool that a command is about.
#[derive(Args, Clone, Debug)]
pub(crate) struct PoolOption {
    /// The user pool, such as eu-west-1_AbCdEf123
    #[arg(long, value_name = "ID", env = "USER_POOL_ID")]
    pub(crate) user_pool_id: tenancy::PoolId,
}

/// The tenant that a command is about.
#[derive(Args, Clone, Debug)]
pub(crate) struct TenantOption {
    /// The tenant's id
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: TenantId,
}

/// Roles in order of precedence.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RolesOption {
    /// A role; may be repeated, the most important first
    #[arg(long = "role", value_name = "ROLE")]
    pub(crate) roles: Vec<Role>,
}

impl RolesOption {
    /// Each role once, in the order given.
    pub(crate) fn distinct(&self) -> Vec<Role> {
        tenancy::role::union(&[], &self.roles)
    }
}

/// A length of time as people write it: `7d`, `36h`, `90m`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(pub(crate) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let span = humantime::parse_duration(raw.trim());
        span.map(Self).map_err(|_| "a length of time is written like 7d, 36h or 90m".to_owned())
    }
}

/// A moment, or how long ago it was: `2026-11-21T08:00:00Z`, `2026-11-21`, `24h`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    At(SystemTime),
    /// So long before now.
    Ago(Duration),
}

impl FromStr for When {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        let date = format!("{raw}T00:00:00Z");
        humantime::parse_rfc3339_weak(raw)
            .or_else(|_| humantime::parse_rfc3339(&date))
            .map(Self::At)
            .or_else(|_| humantime::parse_duration(raw).map(Self::Ago))
            .map_err(|_| {
                "a moment is written like 2026-11-21T08:00:00Z or 2026-11-21 (UTC), or 24h for 24 hours ago"
                    .to_owned()
            })
    }
}

impl When {
    /// As the table has it.
    pub(crate) fn timestamp(self, now: SystemTime) -> Timestamp {
        Timestamp::from(match self {
            Self::At(moment) => moment,
            Self::Ago(span) => now.checked_sub(span).unwrap_or(SystemTime::UNIX_EPOCH),
        })
    }
}

/// The page that a link leads to; the code goes behind it as the fragment, which browsers do not send to servers.
#[derive(Clone, Debug)]
pub(crate) struct LinkBase(String);

impl FromStr for LinkBase {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        let is_local = ["http://localhost", "http://127.0.0.1"].iter().any(|local| {
            raw.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
        });
        if raw.contains(|c: char| c.is_whitespace() || c.is_control()) || raw.contains('#') {
            Err("must be a URL without blanks and without a fragment (#..): the code becomes the fragment"
                .to_owned())
        } else if (raw.starts_with("https://") && raw.len() > "https://".len()) || is_local {
            Ok(Self(raw.to_owned()))
        } else {
            Err("must begin with https:// (http:// only for localhost), since who reads the link can join"
                .to_owned())
        }
    }
}

impl LinkBase {
    pub(crate) fn link(&self, code: &str) -> String {
        format!("{}#{code}", self.0)
    }
}

/// Refuses a list that is empty where something must be in it.
pub(crate) fn not_empty<T>(list: &[T], option: &str) -> Result<(), Failure> {
    if list.is_empty() { Err(Failure::usage(format!("{option} is missing"))) } else { Ok(()) }
}
