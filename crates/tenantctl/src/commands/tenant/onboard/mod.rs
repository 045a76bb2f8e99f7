//! `tenantctl tenant onboard`: a tenant with all that it needs. Each step is found done, or done, so that the same command
//! again goes on where an earlier run ended.

mod report;
mod steps;

use clap::{Args, ValueEnum};
use tenancy::{EmailAddress, MailDomain, ProviderName, Role};

use self::report::Onboarded;
use self::steps::Onboarding;
use super::place::{NewTenant, PlaceOptions};
use crate::commands::invite::Terms;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::issuable::FunctionSettings;
use crate::options::RolesOption;

/// A tenant, and what it needs.
#[derive(Args, Debug)]
pub(crate) struct OnboardOptions {
    #[command(flatten)]
    tenant: NewTenant,
    /// E-mail address of the first administrator, who is invited with the roles of --role [default: admin]
    #[arg(long, value_name = "ADDRESS")]
    admin: EmailAddress,
    #[command(flatten)]
    roles: RolesOption,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    place: PlaceOptions,
    /// The app client at which the tenant's users sign in
    #[arg(long, value_enum, default_value_t = ClientKind::Shared)]
    client: ClientKind,
    /// A callback address of the tenant's own app client; may be repeated [default: those of the cell's app client]
    #[arg(long = "callback-url", value_name = "URL")]
    callback_urls: Vec<String>,
    /// A sign-out address of the tenant's own app client; may be repeated [default: those of the cell's app client]
    #[arg(long = "logout-url", value_name = "URL")]
    logout_urls: Vec<String>,
    /// The customer's mail domain: addresses of it lead to the tenant
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<MailDomain>,
    /// The customer's identity provider, by its name in the cell's user pool: it is bound to the tenant
    #[arg(long, value_name = "NAME")]
    provider: Option<ProviderName>,
    /// Users who sign in through --provider join with this role; may be repeated. Without it they need an invite
    #[arg(long = "join-role", value_name = "ROLE", requires = "provider")]
    join_roles: Vec<Role>,
    #[command(flatten)]
    functions: FunctionSettings,
    /// Show what would be done; the default
    #[arg(long, conflicts_with = "apply")]
    plan: bool,
    /// Do it. Without it, only the plan is shown
    #[arg(long)]
    apply: bool,
}

/// An app client for a tenant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ClientKind {
    /// The cell's, together with other tenants
    Shared,
    /// One of its own, with the settings of the cell's; only members of the tenant get tokens through it
    Own,
}

pub(super) async fn run(options: OnboardOptions, context: &Context) -> Result<Found, Failure> {
    if options.client == ClientKind::Shared
        && !(options.callback_urls.is_empty() && options.logout_urls.is_empty())
    {
        return Err(Failure::usage("--callback-url and --logout-url are for --client own"));
    }
    let operator = if options.apply { context.writer().await? } else { context.reader().await? };
    let mut onboarding = Onboarding::new(&options, &operator, context)?;
    let ended = onboarding.run().await;
    let has_begun = onboarding.has_written();
    let onboarded: Onboarded = ended.map_err(|failure| {
        if has_begun {
            failure.and_hint("Some steps are done: run the same command again for the rest.")
        } else {
            failure
        }
    })?;
    context.say(&onboarded);
    if context.is_unheard() && onboarded.has_code() {
        return Err(Failure::failed("the first administrator is invited, and the code could not be printed")
            .hint("Resend it: `tenantctl invite resend` makes a new code."));
    }
    Ok(Found::Nothing)
}
