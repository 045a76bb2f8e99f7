//! `tenantctl idp`: identity providers that are bound to a tenant.

use clap::{Args, Subcommand};
use serde::Serialize;
use tenancy::{PoolId, ProviderName, TenantId};
use tenancy_aws::operator::{Change, Operator, ProviderRecord, ProviderTerms};

use super::{Bound, list};
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::issuable::FunctionSettings;
use crate::issuable::note_unlisted_roles;
use crate::listing::{Column, Entry};
use crate::options::{ConfirmedWriteOptions, PoolOption};
use crate::options::{RolesOption, TenantOption};
use crate::page::{joined, role_names};
use crate::{clock, console};

/// Providers where anybody can have an account (API reference, `IdentityProviderTypeType`).
pub(crate) const PUBLIC: [&str; 4] = ["Facebook", "Google", "LoginWithAmazon", "SignInWithApple"];

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum IdpCommand {
    /// Bind an identity provider to a tenant, or change its binding
    Bind(BindOptions),
    /// Take the binding away; members stay members
    Unbind(UnbindOptions),
    /// List the bound identity providers
    List(super::ListOptions),
}

/// A binding.
#[derive(Args, Debug)]
pub(crate) struct BindOptions {
    /// The provider's name in the pool
    provider: ProviderName,
    #[command(flatten)]
    pool: PoolOption,
    #[command(flatten)]
    tenant: TenantOption,
    /// A user who signs in through it joins without an invite, with the roles of --role, unless they have another tenant
    #[arg(long)]
    join: bool,
    #[command(flatten)]
    roles: RolesOption,
    /// Trust the provider's e-mail addresses: they open invites to the tenant. Only for a provider that this tenant alone runs
    #[arg(long)]
    trust_email: bool,
    /// Do not ask the pool whether the provider exists
    #[arg(long)]
    no_lookup: bool,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

/// A binding to be taken away.
#[derive(Args, Debug)]
pub(crate) struct UnbindOptions {
    /// The provider's name in the pool
    provider: ProviderName,
    #[command(flatten)]
    pool: PoolOption,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

pub(crate) async fn run(command: IdpCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        IdpCommand::Bind(options) => bind(&options, context).await,
        IdpCommand::Unbind(options) => unbind(&options, context).await,
        IdpCommand::List(options) => {
            let read = async |operator: &Operator, tenant: &TenantId| operator.providers(tenant).await;
            list(&options, context, read, |record| &record.pool, ProviderView::of).await
        }
    }
}

async fn bind(options: &BindOptions, context: &Context) -> Result<Found, Failure> {
    if !options.join && !options.roles.roles.is_empty() {
        return Err(Failure::usage(
            "--role goes with --join: roles are given to those who join by signing in",
        ));
    }
    let operator = context.writer().await?;
    let tenant = operator.tenant(&options.tenant.tenant).await?;
    let (pool, provider, id) = (&options.pool.user_pool_id, &options.provider, &tenant.tenant.id);
    let terms = ProviderTerms {
        joins: options.join,
        default_roles: options.roles.distinct(),
        is_email_trusted: options.trust_email,
    };
    let roles = &terms.default_roles;
    options.functions.check_member(&tenant.tenant, roles)?.note(roles, context);
    note_unlisted_roles(&tenant, &terms.default_roles, context);
    let kind = if options.no_lookup || !context.has_cognito() {
        None
    } else {
        kind_of(pool, provider, context).await?
    };
    let plan = || operator.bind_provider(&tenant, pool, provider, &terms, clock::now());
    let is_changed = !plan().await?.is_empty();
    let before = operator.provider(pool, provider).await?.filter(|_| is_changed && !options.write.dry_run);
    if let Some(before) = before {
        let (before, after) = (described(&before.terms()), described(&terms));
        let question = format!("{provider} is bound already: {before}. It will be: {after}. Go on?");
        console::confirm(&question, options.write.yes)?;
    }
    let is_public = kind.as_deref().is_some_and(|kind| PUBLIC.contains(&kind));
    if is_public && (terms.joins || terms.is_email_trusted) && !options.write.dry_run && is_changed {
        let question = if terms.joins {
            format!("Everybody with an account of {provider} will become a member of `{id}`. Go on?")
        } else {
            format!("Everybody with an account of {provider} is trusted to own the address it shows. Go on?")
        };
        console::confirm(&question, options.write.yes)?;
    }
    let change = plan().await?;
    let summary = format!("Identity provider {provider} is bound to `{id}`: {}", described(&terms));
    bound(&options.provider).write(&operator, change, options.write, &summary, context).await
}

fn described(terms: &ProviderTerms) -> String {
    let joins = match (terms.joins, terms.default_roles.as_slice()) {
        (false, _) => "its users need invites".to_owned(),
        (true, []) => "who signs in through it joins, without a role".to_owned(),
        (true, roles) => format!("users who sign in through it join as {}", role_names(roles)),
    };
    let trust = if terms.is_email_trusted {
        "its e-mail addresses open invites to the tenant"
    } else {
        "its e-mail addresses are not trusted"
    };
    format!("{joins}, {trust}")
}

async fn unbind(options: &UnbindOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let (pool, provider) = (&options.pool.user_pool_id, &options.provider);
    let Some(record) = operator.provider(pool, provider).await? else {
        let summary = format!("Identity provider {provider} is bound to no tenant");
        return bound(provider).write(&operator, Change::default(), options.write, &summary, context).await;
    };
    let tenant = record.binding.tenant.clone();
    if !options.write.dry_run {
        console::confirm(
            &format!("Nobody will join `{tenant}` through {provider} any more. Go on?"),
            options.write.yes,
        )?;
    }
    let change = operator.unbind_provider(record, clock::now());
    let summary =
        format!("Identity provider {provider} is no longer bound to `{tenant}`; its members stay members");
    bound(&options.provider).write(&operator, change, options.write, &summary, context).await
}

/// What kind of provider it is, such as `SAML`; `None` when the pool does not say, which is noted.
async fn kind_of(
    pool: &PoolId,
    provider: &ProviderName,
    context: &Context,
) -> Result<Option<String>, Failure> {
    let call = context.cognito_of(pool).await?.describe_identity_provider().user_pool_id(pool.as_str());
    let answer = call.provider_name(provider.as_str()).send().await;
    let answer = bound(provider).known(pool, answer, context)?;
    let kind = answer.and_then(|answer| answer.identity_provider?.provider_type);
    Ok(kind.map(|kind| kind.as_str().to_owned()))
}

fn bound(provider: &ProviderName) -> Bound<'_> {
    Bound { kind: "identity provider", id: provider.as_str(), unknown: "idp-unknown" }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderView {
    provider: String,
    user_pool_id: String,
    tenant: String,
    joins: bool,
    default_roles: Vec<String>,
    email_trusted: bool,
}

impl ProviderView {
    fn of(record: &ProviderRecord) -> Self {
        Self {
            provider: record.provider.to_string(),
            user_pool_id: record.pool.to_string(),
            tenant: record.binding.tenant.to_string(),
            joins: record.binding.joins,
            default_roles: record.binding.default_roles.iter().map(ToString::to_string).collect(),
            email_trusted: record.binding.is_email_trusted,
        }
    }
}

impl Entry for ProviderView {
    const NAME: &'static str = "identityProviders";
    const NONE: &'static str = "No identity providers are bound.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("provider", |provider| provider.provider.clone()),
        ("user pool", |provider| provider.user_pool_id.clone()),
        ("tenant", |provider| provider.tenant.clone()),
        ("joins", |provider| word(provider.joins)),
        ("roles", |provider| joined(provider.default_roles.iter().map(String::as_str))),
        ("e-mail trusted", |provider| word(provider.email_trusted)),
    ];
}

fn word(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}
