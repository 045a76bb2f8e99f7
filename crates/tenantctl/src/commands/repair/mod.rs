//! `repair`: what has come apart between the table, which decides, and the user pool, which has a copy.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`stamps`] | writes the stamps that are still pending |
//! | [`drift`] | compares a pool with the table, and mends what can be mended |
//! | [`expected`] | what the stamp of a user should be |
//! | [`pool_tenant`] | whether the pool belongs to one tenant |
//! | [`pool_users`] | the pool, called at a steady pace, and patiently |
//! | [`recorded`] | stamps with their audit items |
//! | [`trouble`] | what a refused call means for the calls after it |

pub(crate) mod attribute;
pub(crate) mod drift;
pub(crate) mod expected;
pub(crate) mod pool_tenant;
pub(crate) mod pool_users;
pub(crate) mod recorded;
pub(crate) mod records;
pub(crate) mod settle;
pub(crate) mod stamps;
pub(crate) mod stop;
pub(crate) mod trouble;
pub(crate) mod unsettled;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::{Failure, Found};

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum RepairCommand {
    /// Write pending stamps, at a rate that is safe for a live pool
    #[command(after_help = stamps::AFTER_HELP)]
    Stamps(stamps::StampsOptions),
    /// Compare a user pool with the table, and repair the differences
    #[command(after_help = drift::AFTER_HELP)]
    Drift(drift::DriftOptions),
}

pub(crate) async fn run(command: RepairCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        RepairCommand::Stamps(options) => stamps::run(options, context).await,
        RepairCommand::Drift(options) => drift::run(options, context).await,
    }
}
