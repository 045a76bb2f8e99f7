//! The operator's tool: `tenantctl NOUN VERB`.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`cli`] | the command line, one type a noun |
//! | [`context`] | what a command works with: the table, the pool, who is asking, the time, the page |
//! | [`page`] | what is printed: for people, or as JSON |
//! | [`listing`] | a list, printed while it is read |
//! | [`aws_error`] | what an error of AWS means: the one list of codes |
//! | [`credentials`] | where the credentials come from, and why there are none |
//! | [`failure`] | what goes wrong, for the one who reads it, and the exit codes |
//! | [`issuable`] | what could never be in a token, and is refused here |
//! | [`token_estimate`] | how large tokens become, and what takes none of that size |
//! | [`commands`] | one module a noun |
//! | [`users`] | users of a pool, looked up |
//! | [`policy`] | who may call a function, by its resource policy |
//! | [`region`] | the Region that a name says |
//! | [`trust`] | certificate authorities |
//! | [`pace`] | a steady pace for calls with a quota |
//!
//! A command reads, plans ([`tenancy_aws::operator::Change`]), shows or writes. What an item looks like is known to
//! `tenancy-aws` alone.

#![expect(clippy::doc_markdown, reason = "help texts are printed as they stand, without back-ticks")]

mod advice;
pub mod aws;
pub mod aws_error;
pub mod cli;
pub mod commands;
mod conditions;
pub mod context;
pub mod credentials;
pub mod failure;
pub mod issuable;
pub mod listing;
pub mod local;
pub mod pace;
pub mod page;
pub mod policy;
pub mod progress;
pub mod region;
pub mod serves;
pub mod token_estimate;
pub mod trust;
pub mod users;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::context::Context;
use crate::failure::Failure;

/// Runs one command line, prints what comes of it, and gives the exit code: 0 done, 1 failed, 2 wrong usage, 3 refused by
/// a rule, 4 problems were found, 130 stopped by ctrl-c after a part.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && cli::asks_for_json(&arguments) => {
            let text = error.render().to_string();
            let failure = Failure::usage(text.trim().trim_start_matches("error: "));
            failure.print(true);
            return ExitCode::from(failure.exit_code());
        }
        Err(error) => {
            // A broken pipe is the only thing that can go wrong here, and nobody is left to be told.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    cli.globals.color.apply();
    let as_json = cli.globals.is_json();
    let context = Context::new(cli.globals);
    match commands::run(cli.command, &context).await {
        Ok(_) if context.is_unheard() => ExitCode::FAILURE,
        Ok(found) => found.into(),
        Err(failure) => {
            let failure = context.advise(failure);
            failure.print(as_json);
            ExitCode::from(failure.exit_code())
        }
    }
}
