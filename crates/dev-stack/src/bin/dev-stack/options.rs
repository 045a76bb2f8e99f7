//! The command line.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{CommandFactory as _, Parser, builder::PossibleValue, error::ErrorKind};
use dev_stack::EventVersion;

use crate::settings;

/// The region of a pool whose id is not fixed.
const REGION: &str = "eu-west-1";

/// Serves DynamoDB, Lambda, Cognito, STS and IAM on loopback, with the triggers wired to one user pool by their
/// alias `live`. A new table has a tenant and an invite to begin with.
#[expect(
    clippy::doc_markdown,
    clippy::struct_excessive_bools,
    reason = "the comments are the help, the flags its options"
)]
#[derive(Debug, Parser)]
#[command(
    name = "dev-stack",
    after_help = "DEV_STACK_BIN_DIR=DIR takes the function binaries from DIR instead of building them."
)]
pub(crate) struct Options {
    /// Keep the tables in FILE, and pools, app clients, groups, users, refresh tokens and signing keys in
    /// FILE.cognito.json, passwords as they are; a fixed --port keeps the issuer, too [default: in memory]
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Serve Cognito on port N, and DynamoDB, Lambda, STS, IAM and the front door on the ports after it [default: free ports]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=65_530))]
    pub(crate) port: Option<u16>,
    /// Id of the user pool, such as eu-west-1_local; the part before `_` is the Region [default: random]
    #[arg(long, value_name = "ID", value_parser = user_pool_id)]
    pub(crate) user_pool_id: Option<String>,
    /// Id of the app client, such as web [default: random]
    #[arg(long, value_name = "ID", value_parser = client_id)]
    pub(crate) client_id: Option<String>,
    /// Write KEY=VALUE lines for an app into FILE: endpoints, ids, issuer, key set, table, credentials
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Event version of pre-token-generation
    #[arg(long, value_name = "VERSION", default_value = "2")]
    pub(crate) event_version: Version,
    /// Name of the table, which is TENANCY_TABLE of the functions
    #[arg(long, value_name = "NAME", default_value = "tenancy")]
    pub(crate) table: String,
    /// Set one more environment variable of all functions; can be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Create no table and no triggers, but a user, dana@example.com: where docs/operating.md starts
    #[arg(long)]
    pub(crate) empty: bool,
    /// Serve a front door to click through, in place of one user pool: a start page, two pools, five customers, an app
    #[arg(long, conflicts_with_all = ["data", "user_pool_id", "client_id", "env_file", "event_version", "empty"])]
    pub(crate) front_door: bool,
    /// Build the functions with the release profile
    #[arg(long)]
    pub(crate) release: bool,
    /// Print the log lines of the functions in full
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Pass settings on that the functions refuse
    #[arg(long, hide = true)]
    unchecked: bool,
    /// Print the endpoints as one line of JSON, and nothing else on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

impl Options {
    /// The command line, or the end of the program with exit status 2 and every fault.
    pub(crate) fn read() -> Self {
        let options = Self::parse();
        let faults = if options.unchecked { Vec::new() } else { settings::faults(&options.settings()) };
        if !faults.is_empty() {
            let message = format!("invalid settings in --set: {}", faults.join("; "));
            Self::command().error(ErrorKind::ValueValidation, message).exit();
        }
        options
    }

    /// The environment variables of `--set`; of a name that comes twice, the last value.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        self.settings.iter().cloned().collect()
    }

    /// The Region of the stack: that of the pool's id.
    pub(crate) fn region(&self) -> &str {
        self.user_pool_id.as_deref().and_then(|id| id.split_once('_')).map_or(REGION, |(region, _)| region)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Version(pub(crate) EventVersion);

impl clap::ValueEnum for Version {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(EventVersion::V1), Self(EventVersion::V2), Self(EventVersion::V3)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it is not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn user_pool_id(text: &str) -> Result<String, &'static str> {
    let alphanumeric = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once('_') {
        Some((region, name))
            if text.len() <= 55 && alphanumeric(&region.replace('-', "")) && alphanumeric(name) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("a user pool's id is a Region, `_`, and letters and digits, 55 characters at most"),
    }
}

fn client_id(text: &str) -> Result<String, &'static str> {
    let admitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+');
    if (1..=128).contains(&text.len()) && text.bytes().all(admitted) {
        return Ok(text.to_owned());
    }
    Err("an app client's id has 1 to 128 letters, digits, `_` and `+`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(std::iter::once("dev-stack").chain(line.split_whitespace()))
    }

    #[test]
    fn options_are_read() {
        let options = parsed("--data t.db --event-version 3 --set MODE=observe --json").unwrap();

        assert_eq!(options.data, Some(PathBuf::from("t.db")));
        assert_eq!(options.event_version.0, EventVersion::V3);
        assert_eq!(options.settings()["MODE"], "observe");
        assert!(options.json && !options.release);
        assert_eq!(options.region(), "eu-west-1");
        let options = parsed("--port 9229 --user-pool-id us-east-1_local --client-id web").unwrap();
        assert_eq!((options.port, options.client_id.as_deref()), (Some(9_229), Some("web")));
        assert_eq!(options.region(), "us-east-1");
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let rows = [
            ("--ports 1", "unexpected argument '--ports'"),
            ("--data", "a value is required for '--data <FILE>'"),
            ("--event-version 4", "invalid value '4' for '--event-version <VERSION>'"),
            ("--set MODE", "invalid value 'MODE' for '--set <NAME=VALUE>': it is not NAME=VALUE"),
            ("--port 65532", "65532 is not in 1..=65530"),
            ("--front-door --empty", "'--front-door' cannot be used with '--empty'"),
            ("--user-pool-id local", "invalid value 'local' for '--user-pool-id <ID>'"),
            ("--client-id a-b", "invalid value 'a-b' for '--client-id <ID>'"),
        ];

        for (line, message) in rows {
            let refused = parsed(line).unwrap_err();
            assert_eq!(refused.exit_code(), 2, "{line}");
            assert!(refused.to_string().contains(message), "{line}: {refused}");
        }
    }
}
