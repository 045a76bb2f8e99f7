//! `tenantctl client`: app clients that are bound to a tenant.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use tenancy::{ClientBindingMode, ClientId, PoolId, TenantId};
use tenancy_aws::operator::{Change, ClientRecord};

use super::arguments::TenantOption;
use super::written::NoFacts;
use crate::cli::{ConfirmedWriteOptions, PoolOption};
use crate::context::Context;
use crate::failure::{self, Failure, Found};
use crate::page::{Page, Show};
use pool_audit::snapshot::machine_flows;
use user_pool::aws_error::{AwsError, Meaning};

/// Verbs.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Bind an app client to a tenant
    Bind(BindOptions),
    /// Take the binding away
    Unbind(UnbindOptions),
    /// List the bound app clients
    List(ListOptions),
}

/// A binding.
#[derive(Args, Debug)]
pub struct BindOptions {
    /// The app client's id
    client: ClientId,
    #[command(flatten)]
    pool: PoolOption,
    #[command(flatten)]
    tenant: TenantOption,
    /// What the binding demands
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
pub enum Mode {
    /// Only members of the tenant get tokens through the client
    Required,
    /// The client's own tokens (client_credentials or GetClientToken) carry the tenant; users are not affected
    Machine,
}

/// A binding to be taken away.
#[derive(Args, Debug)]
pub struct UnbindOptions {
    /// The app client's id
    client: ClientId,
    #[command(flatten)]
    pool: PoolOption,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

/// Which bindings.
#[derive(Args, Debug)]
pub struct ListOptions {
    /// Only those of this tenant [default: all tenants]
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// Only those of this user pool
    #[arg(long, value_name = "ID")]
    user_pool_id: Option<PoolId>,
}

/// Runs a verb.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(command: ClientCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        ClientCommand::Bind(options) => bind(&options, context).await,
        ClientCommand::Unbind(options) => unbind(&options, context).await,
        ClientCommand::List(options) => list(&options, context).await,
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
    let plan = || operator.bind_client(&tenant, pool, &options.client, mode, context.now());
    let is_changed = !plan().await?.is_empty();
    if mode == ClientBindingMode::Required && is_changed && !options.write.dry_run {
        let question = format!(
            "Users of all other tenants will get no tokens through app client {}. Go on?",
            options.client
        );
        context.confirm(&question, options.write.yes)?;
    }
    let change = plan().await?;
    let id = &tenant.tenant.id;
    let summary = match mode {
        ClientBindingMode::Required => {
            format!("Only members of `{id}` get tokens through app client {}", options.client)
        }
        ClientBindingMode::Machine => format!("Tokens of app client {} itself carry `{id}`", options.client),
    };
    let write = options.write.write();
    context.write(&operator, change, write, "the app client's binding", &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn unbind(options: &UnbindOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let (pool, client) = (&options.pool.user_pool_id, &options.client);
    let Some(record) = operator.client(pool, client).await? else {
        let summary = format!("App client {client} is bound to no tenant");
        let write = options.write.write();
        context.write(&operator, Change::default(), write, "the binding", &summary, NoFacts {}).await?;
        return Ok(Found::Nothing);
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
        context.confirm(&question, options.write.yes)?;
    }
    let change = operator.unbind_client(record, context.now());
    let summary = format!("App client {client} is no longer bound to `{tenant}`");
    let write = options.write.write();
    context.write(&operator, change, write, "the app client's binding", &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn list(options: &ListOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    let (mut clients, mut damaged) = (Vec::new(), Vec::new());
    for tenant in super::tenants_to_list(options.tenant.as_ref(), &operator, &mut damaged).await? {
        for listed in operator.clients(&tenant).await? {
            match listed {
                Ok(record) if options.user_pool_id.as_ref().is_none_or(|pool| *pool == record.pool) => {
                    clients.push(ClientView::of(&record));
                }
                Ok(_) => {}
                Err(damage) => damaged.push(damage.to_string()),
            }
        }
    }
    let found = if damaged.is_empty() { Found::Nothing } else { Found::Problems };
    context.say(&ClientList { clients, damaged });
    Ok(found)
}

/// Refuses a client that the pool does not have; says so when the pool does not say.
async fn check_exists(
    pool: &PoolId,
    client: &ClientId,
    mode: Mode,
    context: &Context,
) -> Result<(), Failure> {
    let call = context.cognito_of(pool).await?.describe_user_pool_client().user_pool_id(pool.as_str());
    match call.client_id(client.as_str()).send().await {
        Ok(answer) => {
            let is_machine = answer.user_pool_client.is_some_and(|client| !machine_flows(&client).is_empty());
            if mode == Mode::Machine && !is_machine {
                context.note(
                    "the app client has neither the OAuth flow client_credentials nor ALLOW_CLIENT_TOKEN_AUTH, so it gets no tokens \
                     of its own",
                );
            }
            Ok(())
        }
        Err(error) => match AwsError::of(&error) {
            error if error.meaning() == Meaning::NotFound => {
                let what = format!("user pool {pool} has no app client {client}");
                let failure = context.with_region_of(pool, Failure::refused("client-unknown", what));
                Err(failure.and_hint("--no-lookup binds it all the same."))
            }
            error if error.meaning().needs_sign_in() => {
                Err(failure::of("ask the pool for the app client", &error))
            }
            error => {
                let what = "ask the pool for the app client, which is bound all the same";
                context.note(&failure::of(what, &error).to_string());
                Ok(())
            }
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientView {
    client_id: String,
    user_pool_id: String,
    tenant: String,
    mode: &'static str,
}

#[derive(Serialize)]
struct ClientList {
    clients: Vec<ClientView>,
    damaged: Vec<String>,
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

impl Show for ClientList {
    fn show(&self, page: &mut Page) {
        let rows = self.clients.iter().map(|client| {
            [
                client.client_id.clone(),
                client.user_pool_id.clone(),
                client.tenant.clone(),
                client.mode.to_owned(),
            ]
        });
        page.table(&["app client", "user pool", "tenant", "mode"], rows, "No app clients are bound.");
        page.damaged(&self.damaged);
    }
}
