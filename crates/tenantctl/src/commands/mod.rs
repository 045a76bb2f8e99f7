//! One module a noun: what it takes on the command line, and what it does.

pub(crate) mod audit;
pub(crate) mod bindings;
pub(crate) mod cell;
pub(crate) mod defaults;
pub(crate) mod deployed;
pub(crate) mod doctor;
pub(crate) mod domain;
pub(crate) mod invite;
pub(crate) mod member;
mod of_tenants;
pub(crate) mod pool;
pub(crate) mod repair;
pub(crate) mod replay;
pub(crate) mod route;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod tenant;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::{Failure, Found};

/// The nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The DynamoDB table: create, check
    #[command(subcommand)]
    Table(table::TableCommand),
    /// Tenants: create, place, show, list, rename, set-tier, publish, unpublish, suspend, resume, offboard, roles
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Invites: create, list, show, revoke, resend, import
    #[command(subcommand)]
    Invite(invite::InviteCommand),
    /// Members: list, show, add, set-roles, suspend, resume, remove, set-default
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// App clients bound to a tenant: bind, unbind, list
    #[command(subcommand)]
    Client(bindings::client::ClientCommand),
    /// Identity providers bound to a tenant: bind, unbind, list
    #[command(subcommand)]
    Idp(bindings::idp::IdpCommand),
    /// Mail domains that lead to a tenant: set, list, remove
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    /// The router's answers: test
    #[command(subcommand)]
    Route(route::RouteCommand),
    /// Cells, the user pools that tenants are spread over: create, list, show, set-*, drain, open, close, recount
    #[command(subcommand)]
    Cell(cell::CellCommand),
    /// Who did what in a tenant: list, follow
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Explain which token a user gets, or why they get none
    Why(replay::why::WhyOptions),
    /// Run a recorded trigger event through the real handlers, without writing
    Replay(replay::ReplayOptions),
    /// Audit a user pool without changing it, even before you install anything
    Doctor(doctor::DoctorOptions),
    /// The triggers of a user pool: attach, detach, restore
    #[command(subcommand)]
    Pool(pool::PoolCommand),
    /// Repair users and records: stamps, drift
    #[command(subcommand)]
    Repair(repair::RepairCommand),
    /// Print completions for a shell
    Completions(shell::CompletionsOptions),
    /// Print the manual as a man page
    Man(shell::ManOptions),
}

/// Does what was asked for.
pub(crate) async fn run(
    command: Command,
    context: &Context,
    cli: fn() -> clap::Command,
) -> Result<Found, Failure> {
    match command {
        Command::Table(command) => table::run(command, context).await,
        Command::Tenant(command) => tenant::run(command, context).await,
        Command::Invite(command) => invite::run(command, context).await,
        Command::Member(command) => member::run(command, context).await,
        Command::Client(command) => bindings::client::run(command, context).await,
        Command::Idp(command) => bindings::idp::run(command, context).await,
        Command::Domain(command) => domain::run(command, context).await,
        Command::Route(command) => route::run(command, context).await,
        Command::Cell(command) => cell::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Why(options) => replay::why::run(&options, context).await,
        Command::Replay(options) => replay::run(options, context).await,
        Command::Doctor(options) => doctor::run(options, context).await,
        Command::Pool(command) => pool::run(command, context).await,
        Command::Repair(command) => repair::run(command, context).await,
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options, cli()),
    }
}
