//! The operator's tool: `tenantctl NOUN VERB`.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`cli`], [`options`] | the command line, and the options that several commands take |
//! | [`context`] | what a command works with: the table, the pool, who is asking, the time, the page |
//! | [`page`], [`listing`], [`moment`], [`written`] | what is printed: for people, or as JSON |
//! | [`credentials`] | where the credentials come from, and why there are none |
//! | [`failure`] | what goes wrong, for the one who reads it, and the exit codes |
//! | [`issuable`] | what could never be in a token, and is refused here |
//! | [`token_estimate`] | how large tokens become, and what takes none of that size |
//! | [`commands`] | one module a noun |
//! | [`region`], [`advice`] | what to do after an error |
//! | [`trust`] | certificate authorities |
//!
//! [`user_pool`], [`pool_audit`] and [`pool_triggers`] know nothing of a command line.
//!
//! A command reads, plans ([`tenancy_aws::operator::Change`]), shows or writes. What an item looks like is known to
//! `tenancy-aws` alone.

#![expect(clippy::doc_markdown, reason = "help texts are printed as they stand, without back-ticks")]

mod advice;
mod aws;
mod cli;
mod clock;
mod commands;
mod console;
mod context;
mod credentials;
mod failure;
mod issuable;
mod listing;
mod local;
mod moment;
mod options;
mod page;
mod progress;
mod region;
mod token_estimate;
mod trust;
mod written;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

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
    match commands::run(cli.command, &context, Cli::command).await {
        Ok(_) if context.is_unheard() => ExitCode::FAILURE,
        Ok(found) => found.into(),
        Err(failure) => {
            let failure = context.advise(failure);
            failure.print(as_json);
            ExitCode::from(failure.exit_code())
        }
    }
}
