//! `tenantctl idp`: identity providers that are bound to a tenant.

use clap::{Args, Subcommand};
use serde::Serialize;
use tenancy::{PoolId, ProviderName, TenantId};
use tenancy_aws::operator::{Change, ProviderRecord, ProviderTerms};

use super::arguments::{RolesOption, TenantOption, joined, role_names};
use super::invite::note_unlisted_roles;
use super::written::NoFacts;
use crate::cli::{ConfirmedWriteOptions, PoolOption};
use crate::context::Context;
use crate::failure::{self, Failure, Found};
use crate::issuable::FunctionSettings;
use crate::page::{Page, Show};
use user_pool::aws_error::{AwsError, Meaning};

/// Providers where anybody can have an account (API reference, `IdentityProviderTypeType`).
const PUBLIC: [&str; 4] = ["Facebook", "Google", "LoginWithAmazon", "SignInWithApple"];

/// Verbs.
#[derive(Debug, Subcommand)]
pub enum IdpCommand {
    /// Bind an identity provider to a tenant, or change its binding
    Bind(BindOptions),
    /// Take the binding away; members stay members
    Unbind(UnbindOptions),
    /// List the bound identity providers
    List(ListOptions),
}

/// A binding.
#[derive(Args, Debug)]
pub struct BindOptions {
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
    /// An e-mail address that it asserts opens invites to the tenant; only for a provider that this tenant alone runs
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
pub struct UnbindOptions {
    /// The provider's name in the pool
    provider: ProviderName,
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
pub async fn run(command: IdpCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        IdpCommand::Bind(options) => bind(&options, context).await,
        IdpCommand::Unbind(options) => unbind(&options, context).await,
        IdpCommand::List(options) => list(&options, context).await,
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
    let plan = || operator.bind_provider(&tenant, pool, provider, &terms, context.now());
    let is_changed = !plan().await?.is_empty();
    let before = operator.provider(pool, provider).await?.filter(|_| is_changed && !options.write.dry_run);
    if let Some(before) = before {
        let (before, after) = (described(&before.terms()), described(&terms));
        let question = format!("{provider} is bound already: {before}. It will be: {after}. Go on?");
        context.confirm(&question, options.write.yes)?;
    }
    let is_public = kind.as_deref().is_some_and(|kind| PUBLIC.contains(&kind));
    if is_public && (terms.joins || terms.is_email_trusted) && !options.write.dry_run && is_changed {
        let question = if terms.joins {
            format!("Everybody with an account of {provider} will become a member of `{id}`. Go on?")
        } else {
            format!("Everybody with an account of {provider} is trusted to own the address it shows. Go on?")
        };
        context.confirm(&question, options.write.yes)?;
    }
    let change = plan().await?;
    let summary = format!("Identity provider {provider} is bound to `{id}`: {}", described(&terms));
    let write = options.write.write();
    context.write(&operator, change, write, "the identity provider's binding", &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

fn described(terms: &ProviderTerms) -> String {
    let joins = match (terms.joins, terms.default_roles.as_slice()) {
        (false, _) => "its users need invites".to_owned(),
        (true, []) => "who signs in through it joins, without a role".to_owned(),
        (true, roles) => format!("who signs in through it joins as {}", role_names(roles)),
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
        let write = options.write.write();
        context.write(&operator, Change::default(), write, "the binding", &summary, NoFacts {}).await?;
        return Ok(Found::Nothing);
    };
    let tenant = record.binding.tenant.clone();
    if !options.write.dry_run {
        context.confirm(
            &format!("Nobody will join `{tenant}` through {provider} any more. Go on?"),
            options.write.yes,
        )?;
    }
    let change = operator.unbind_provider(record, context.now());
    let summary =
        format!("Identity provider {provider} is no longer bound to `{tenant}`; its members stay members");
    let write = options.write.write();
    context.write(&operator, change, write, "the identity provider's binding", &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn list(options: &ListOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    let (mut providers, mut damaged) = (Vec::new(), Vec::new());
    for tenant in super::tenants_to_list(options.tenant.as_ref(), &operator, &mut damaged).await? {
        for listed in operator.providers(&tenant).await? {
            match listed {
                Ok(record) if options.user_pool_id.as_ref().is_none_or(|pool| *pool == record.pool) => {
                    providers.push(ProviderView::of(&record));
                }
                Ok(_) => {}
                Err(damage) => damaged.push(damage.to_string()),
            }
        }
    }
    let found = if damaged.is_empty() { Found::Nothing } else { Found::Problems };
    context.say(&ProviderList { providers, damaged });
    Ok(found)
}

/// What kind of provider it is, such as `SAML`; `None` when the pool does not say, which is noted.
async fn kind_of(
    pool: &PoolId,
    provider: &ProviderName,
    context: &Context,
) -> Result<Option<String>, Failure> {
    let call = context.cognito_of(pool).await?.describe_identity_provider().user_pool_id(pool.as_str());
    match call.provider_name(provider.as_str()).send().await {
        Ok(answer) => Ok(answer
            .identity_provider
            .and_then(|provider| provider.provider_type)
            .map(|kind| kind.as_str().to_owned())),
        Err(error) => match AwsError::of(&error) {
            error if error.meaning() == Meaning::NotFound => {
                let what = format!("user pool {pool} has no identity provider {provider}");
                let failure = context.with_region_of(pool, Failure::refused("idp-unknown", what));
                Err(failure.and_hint("--no-lookup binds it all the same."))
            }
            error if error.meaning().needs_sign_in() => {
                Err(failure::of("ask the pool for the identity provider", &error))
            }
            error => {
                let what = "ask the pool for the identity provider, which is bound all the same";
                context.note(&failure::of(what, &error).to_string());
                Ok(None)
            }
        },
    }
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

#[derive(Serialize)]
struct ProviderList {
    #[serde(rename = "identityProviders")]
    providers: Vec<ProviderView>,
    damaged: Vec<String>,
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

impl Show for ProviderList {
    fn show(&self, page: &mut Page) {
        let word = |flag| if flag { "yes" } else { "no" }.to_owned();
        let rows = self.providers.iter().map(|provider| {
            [
                provider.provider.clone(),
                provider.user_pool_id.clone(),
                provider.tenant.clone(),
                word(provider.joins),
                joined(provider.default_roles.iter().map(String::as_str)),
                word(provider.email_trusted),
            ]
        });
        let headings = ["provider", "user pool", "tenant", "joins", "roles", "e-mail trusted"];
        page.table(&headings, rows, "No identity providers are bound.");
        page.damaged(&self.damaged);
    }
}
