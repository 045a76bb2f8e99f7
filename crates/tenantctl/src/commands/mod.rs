//! One module a noun: what it takes on the command line, and what it does.

pub mod arguments;
pub mod audit;
pub mod client;
pub mod defaults;
pub mod doctor;
pub mod idp;
pub mod invite;
pub mod member;
pub mod pool;
pub mod repair;
pub mod replay;
pub mod shell;
pub mod table;
pub mod tenant;
pub mod written;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::{Failure, Found};

/// The nouns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The DynamoDB table: create, check
    #[command(subcommand)]
    Table(table::TableCommand),
    /// Tenants: create, show, list, rename, set-tier, suspend, resume, offboard, roles
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
    Client(client::ClientCommand),
    /// Identity providers bound to a tenant: bind, unbind, list
    #[command(subcommand)]
    Idp(idp::IdpCommand),
    /// Who did what in a tenant: list, follow
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Explain which token a user gets, or why they get none
    Why(replay::why::WhyOptions),
    /// Play a recorded trigger event through the real handlers, without a write
    Replay(replay::ReplayOptions),
    /// Audit a user pool, read-only; useful before anything is installed
    Doctor(doctor::DoctorOptions),
    /// The triggers of a user pool: attach, detach
    #[command(subcommand)]
    Pool(pool::PoolCommand),
    /// Mend what has come apart: stamps, drift
    #[command(subcommand)]
    Repair(repair::RepairCommand),
    /// Print completions for a shell
    Completions(shell::CompletionsOptions),
    /// Print the manual as a man page
    Man(shell::ManOptions),
}

/// Does what was asked for.
///
/// # Errors
///
/// [`Failure`]: what it says has not been printed yet.
pub async fn run(command: Command, context: &Context) -> Result<Found, Failure> {
    match command {
        Command::Table(command) => table::run(command, context).await,
        Command::Tenant(command) => tenant::run(command, context).await,
        Command::Invite(command) => invite::run(command, context).await,
        Command::Member(command) => member::run(command, context).await,
        Command::Client(command) => client::run(command, context).await,
        Command::Idp(command) => idp::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Why(options) => replay::why::run(&options, context).await,
        Command::Replay(options) => replay::run(options, context).await,
        Command::Doctor(options) => doctor::run(options, context).await,
        Command::Pool(command) => pool::run(command, context).await,
        Command::Repair(command) => repair::run(command, context).await,
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    }
}

/// The tenant that was asked for, which must exist, or all of them.
async fn tenants_to_list(
    asked: Option<&tenancy::TenantId>,
    operator: &tenancy_aws::operator::Operator,
    damaged: &mut Vec<String>,
) -> Result<Vec<tenancy::TenantId>, Failure> {
    if let Some(tenant) = asked {
        operator.tenant(tenant).await?;
        return Ok(vec![tenant.clone()]);
    }
    let mut tenants = Vec::new();
    for listed in operator.tenants().await? {
        match listed {
            Ok(record) => tenants.push(record.tenant.id),
            Err(damage) => damaged.push(damage.to_string()),
        }
    }
    Ok(tenants)
}
