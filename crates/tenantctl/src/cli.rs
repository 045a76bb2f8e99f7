//! The command line.

use clap::Parser;

use crate::commands::Command;
use crate::options::Globals;

/// Tenants, invites and members of a Cognito user pool.
///
/// Works on the DynamoDB table of the two triggers: on AWS, with the credentials that the AWS CLI uses, or in a local file.
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule, 4 problems found, 130 stopped by ctrl-c.
#[derive(Debug, Parser)]
#[command(name = "tenantctl", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Whether a line that could not be read asks for JSON, as far as can be seen.
pub(crate) fn asks_for_json(arguments: &[std::ffi::OsString]) -> bool {
    let follows = arguments
        .windows(2)
        .any(|pair| matches!(pair, [name, value] if name == "--output" && value == "json"));
    follows || arguments.iter().any(|argument| argument == "--output=json")
}
