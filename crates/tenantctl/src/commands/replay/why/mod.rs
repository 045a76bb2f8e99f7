//! `why`: the token that a user would get now. It makes the event of a sign-in from what the user pool says, and plays it as
//! `replay` does.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `pool` | what the user pool says: its trigger, an app client, the user's groups |
//! | `event` | the event of the sign-in |
//! | `obstacle` | what keeps a user from a token before or without the function |
//! | `answer` | what is said: one sentence, and all behind it |

mod answer;
mod event;
mod obstacle;
mod pool;

use clap::Args;
use tenancy::{ClientId, PoolId, TenantId};

use self::answer::Why;
use self::event::SignIn;
use self::obstacle::Obstacle;
use self::pool::Trigger;
use super::assemble::Setting;
use super::rehearse;
use super::settings::{self, SettingOptions, Variables};
use super::triggers::TriggerKind;
use crate::clock;
use crate::commands::member::find_user;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::options::PoolOption;
use user_pool::Meaning;

/// Whose token, and how they sign in.
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing is written. The answer is that of pre-token-generation for a sign-in at this moment, with the
settings of the function that is attached to the pool. The user is found with ListUsers, so a dormant
user does not become a billed one. `tenantctl replay` plays other events, such as a refresh, or a
sign-up with an invite code. Exit code 4: the user gets no token.")]
pub(crate) struct WhyOptions {
    /// The user: sub, username or e-mail address
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    pool: PoolOption,
    /// The app client that the user signs in to [default: one that is bound to no tenant]
    #[arg(long, value_name = "ID")]
    client: Option<ClientId>,
    /// The tenant that the app asks for in clientMetadata.tenantId [default: the app asks for none]
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    #[command(flatten)]
    settings: SettingOptions,
}

/// Says which token a user would get.
///
/// # Errors
///
/// [`Failure`] when there is no such user or app client, or when the pool, Lambda or the table gave no answer.
pub(crate) async fn run(options: &WhyOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = &options.pool.user_pool_id;
    let cognito = context.cognito_of(pool_id).await?;
    let attached = pool::trigger(&cognito, pool_id)
        .await
        .map_err(|failure| context.with_region_of(pool_id, failure.or_hint(context.region_hint(pool_id))))?;
    let Deployed { function, variables, is_missing } =
        deployed(options, pool_id, attached.as_ref(), context).await?;
    let kind = TriggerKind::PreTokenGeneration;
    let (config, variables) = options.settings.read(kind, function.as_deref(), variables)?;

    let keep = ["email", "email_verified", "identities", &config.shared().tenant_attribute];
    let user = find_user(context, pool_id, &options.user, &keep).await?;
    let client_scopes = match &options.client {
        Some(client) => Some(pool::client_scopes(&cognito, pool_id, client).await?),
        None => None,
    };
    let groups = pool::groups(&cognito, pool_id, &user.username).await;
    let groups = groups.map_err(|failure| context.note(&failure.with_hint())).ok();
    let sign_in = SignIn {
        pool: pool_id,
        version: attached.as_ref().map_or(pool::NEWEST_USER_VERSION, |trigger| trigger.version),
        user: &user,
        client: options.client.as_ref(),
        client_scopes,
        tenant: options.tenant.as_ref(),
        groups: groups.as_deref(),
    };

    let recorded = sign_in.event();
    let at = clock::now();
    let setting = Setting { recorded: &recorded, config: &config, variables, at, with_reply: false };
    let replay = rehearse(setting, context).await?;
    let mut obstacles = Obstacle::of_user(&user, pool_id, context);
    match attached.as_ref() {
        None if options.settings.function.is_none() => obstacles.push(Obstacle::not_attached()),
        Some(trigger) if is_missing => obstacles.push(Obstacle::function_missing(&trigger.function)),
        _ => {}
    }
    let answer = Why::new(&options.user, &user, pool_id, attached, &obstacles, replay);
    context.say(&answer);
    Ok(if answer.token { Found::Nothing } else { Found::Problems })
}

/// The settings of the function that is asked for, or else of the attached one.
struct Deployed {
    /// The name or ARN of the function that has these settings.
    function: Option<String>,
    variables: Variables,
    /// Whether the attached function does not exist.
    is_missing: bool,
}

async fn deployed(
    options: &WhyOptions,
    pool: &PoolId,
    attached: Option<&Trigger>,
    context: &Context,
) -> Result<Deployed, Failure> {
    let defaults = |is_missing| Deployed { function: None, variables: Variables::new(), is_missing };
    let named = options.settings.function.as_ref();
    let Some(function) = named.or(attached.map(|trigger| &trigger.function)) else {
        return Ok(defaults(false));
    };
    let read = match context.lambda_of(pool).await {
        Ok(lambda) => settings::of_function(&lambda, function).await,
        Err(failure) => Err(failure),
    };
    match read {
        Ok(variables) => {
            super::note_doubt(function, &variables, context)?;
            Ok(Deployed { function: Some(function.clone()), variables, is_missing: false })
        }
        Err(failure) if named.is_some() || failure.meaning().is_some_and(Meaning::needs_sign_in) => {
            Err(failure)
        }
        Err(failure) if failure.meaning() == Some(Meaning::NotFound) => Ok(defaults(true)),
        Err(failure) => {
            context
                .note(&format!("{}. The answer is for the function's default settings", failure.with_hint()));
            Ok(defaults(false))
        }
    }
}
