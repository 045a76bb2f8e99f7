//! `tenantctl client`: app clients that are bound to a tenant.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use tenancy::{ClientBindingMode, ClientId, PoolId, TenantId};
use tenancy_aws::operator::{Change, ClientRecord, Operator};

use super::{Bound, list};
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::{Column, Entry};
use crate::options::TenantOption;
use crate::options::{ConfirmedWriteOptions, PoolOption};
use crate::{clock, console};
use pool_audit::snapshot::machine_flows;

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Bind an app client to a tenant
    Bind(BindOptions),
    /// Take the binding away
    Unbind(UnbindOptions),
    /// List the bound app clients
    List(super::ListOptions),
}

/// A binding.
#[derive(Args, Debug)]
pub(crate) struct BindOptions {
    /// The app client's id
    client: ClientId,
    #[command(flatten)]
    pool: PoolOption,
    #[command(flatten)]
    tenant: TenantOption,
    /// What the binding does
    #[arg(long, value_enum, default_value_t = Mode::Required)]
    mode: Mode,
    /// Do not ask the pool whether the app client exists
    #[arg(long)]
    no_lookup: bool,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

/// What a binding demands, on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Mode {
    /// Only members of the tenant get tokens through the client
    Required,
    /// The client's own tokens (client_credentials or GetClientToken) carry the tenant; users are not affected
    Machine,
}

/// A binding to be taken away.
#[derive(Args, Debug)]
pub(crate) struct UnbindOptions {
    /// The app client's id
    client: ClientId,
    #[command(flatten)]
    pool: PoolOption,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

pub(crate) async fn run(command: ClientCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        ClientCommand::Bind(options) => bind(&options, context).await,
        ClientCommand::Unbind(options) => unbind(&options, context).await,
        ClientCommand::List(options) => {
            let read = async |operator: &Operator, tenant: &TenantId| operator.clients(tenant).await;
            list(&options, context, read, |record| &record.pool, ClientView::of).await
        }
    }
}

async fn bind(options: &BindOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let tenant = operator.tenant(&options.tenant.tenant).await?;
    let pool = &options.pool.user_pool_id;
    if !options.no_lookup && context.has_cognito() {
        check_exists(pool, &options.client, options.mode, context).await?;
    }
    let mode = match options.mode {
        Mode::Required => ClientBindingMode::Required,
        Mode::Machine => ClientBindingMode::Machine,
    };
    let plan = || operator.bind_client(&tenant, pool, &options.client, mode, clock::now());
    let is_changed = !plan().await?.is_empty();
    if mode == ClientBindingMode::Required && is_changed && !options.write.dry_run {
        let question = format!(
            "Users of all other tenants will get no tokens through app client {}. Go on?",
            options.client
        );
        console::confirm(&question, options.write.yes)?;
    }
    let change = plan().await?;
    let id = &tenant.tenant.id;
    let summary = match mode {
        ClientBindingMode::Required => {
            format!("Only members of `{id}` get tokens through app client {}", options.client)
        }
        ClientBindingMode::Machine => format!("Tokens of app client {} itself carry `{id}`", options.client),
    };
    bound(&options.client).write(&operator, change, options.write, &summary, context).await
}

async fn unbind(options: &UnbindOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let (pool, client) = (&options.pool.user_pool_id, &options.client);
    let Some(record) = operator.client(pool, client).await? else {
        let summary = format!("App client {client} is bound to no tenant");
        return bound(client).write(&operator, Change::default(), options.write, &summary, context).await;
    };
    let tenant = record.binding.tenant.clone();
    if !options.write.dry_run {
        let question = match record.binding.mode {
            ClientBindingMode::Required => {
                format!("Users of every tenant will get tokens through app client {client}. Go on?")
            }
            ClientBindingMode::Machine => {
                format!("Tokens of app client {client} itself will carry no tenant. Go on?")
            }
        };
        console::confirm(&question, options.write.yes)?;
    }
    let change = operator.unbind_client(record, clock::now());
    let summary = format!("App client {client} is no longer bound to `{tenant}`");
    bound(&options.client).write(&operator, change, options.write, &summary, context).await
}

/// Refuses a client that the pool does not have; says so when the pool does not say.
async fn check_exists(
    pool: &PoolId,
    client: &ClientId,
    mode: Mode,
    context: &Context,
) -> Result<(), Failure> {
    let call = context.cognito_of(pool).await?.describe_user_pool_client().user_pool_id(pool.as_str());
    let answer = call.client_id(client.as_str()).send().await;
    let Some(answer) = bound(client).known(pool, answer, context)? else { return Ok(()) };
    let is_machine = answer.user_pool_client.is_some_and(|client| !machine_flows(&client).is_empty());
    if mode == Mode::Machine && !is_machine {
        context.note(
            "the app client has neither the OAuth flow client_credentials nor ALLOW_CLIENT_TOKEN_AUTH, so it gets no tokens \
             of its own",
        );
    }
    Ok(())
}

fn bound(client: &ClientId) -> Bound<'_> {
    Bound { kind: "app client", id: client.as_str(), unknown: "client-unknown" }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientView {
    client_id: String,
    user_pool_id: String,
    tenant: String,
    mode: &'static str,
}

impl ClientView {
    fn of(record: &ClientRecord) -> Self {
        Self {
            client_id: record.client.to_string(),
            user_pool_id: record.pool.to_string(),
            tenant: record.binding.tenant.to_string(),
            mode: record.binding.mode.name(),
        }
    }
}

impl Entry for ClientView {
    const NAME: &'static str = "clients";
    const NONE: &'static str = "No app clients are bound.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("app client", |client| client.client_id.clone()),
        ("user pool", |client| client.user_pool_id.clone()),
        ("tenant", |client| client.tenant.clone()),
        ("mode", |client| client.mode.to_owned()),
    ];
}
