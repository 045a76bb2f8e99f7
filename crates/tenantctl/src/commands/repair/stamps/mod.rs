//! `repair stamps`: the user attribute is written for every membership for which post-confirmation could not, or was never
//! called: who joined at a sign-in, whom an operator added.

pub(crate) mod apply;
pub(crate) mod page;
pub(crate) mod plan;

use std::time::Duration;

use clap::Args;
use tenancy::{PoolId, TenantId};

use super::attribute::AttributeOption;
use super::pool_users::PoolUsers;
use super::stop::Stop;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::options::ApplyOptions;
use crate::{clock, console};

/// What there is more to know.
pub(crate) const AFTER_HELP: &str = "\
The membership in the table decides about tokens; the stamp is a copy for other readers of the user pool. It stays \
pending when it could not be written at sign-up, or when a user joined by signing in.\n\n\
Cognito allows 25 user updates per second in an account and Region. This quota cannot be raised, and live sign-ups need a part \
of it. You can stop the command at any time and run it again: it continues where it stopped.\n\n\
Needs cognito-idp:ListUsers, cognito-idp:DescribeUserPool and cognito-idp:AdminUpdateUserAttributes on the pool, and \
lambda:GetFunctionConfiguration on its pre-token-generation function, for POOL_TENANT. Exit code 4: some are left. \
Exit code 130: ctrl-c stopped it.";

/// What it takes.
#[derive(Args, Debug)]
pub(crate) struct StampsOptions {
    /// Only members of this user pool
    #[arg(long, value_name = "ID", env = "USER_POOL_ID")]
    pub(crate) user_pool_id: Option<PoolId>,
    /// Only members of this tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// Maximum number of users to write per second, 1 to 20
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) rate: u32,
    #[command(flatten)]
    pub(crate) attribute: AttributeOption,
    #[command(flatten)]
    pub(crate) apply: ApplyOptions,
}

/// Plans, asks, writes.
pub(crate) async fn run(options: StampsOptions, context: &Context) -> Result<Found, Failure> {
    let operator = if options.apply.apply { context.writer().await? } else { context.reader().await? };
    let plan = plan::read(context, &operator, options.user_pool_id.as_ref(), options.tenant.as_ref()).await?;
    let found = if plan.damaged.is_empty() { Found::Nothing } else { Found::Problems };
    let mut document = page::Stamps::of(&plan, options.user_pool_id.as_ref(), options.rate);
    if !options.apply.apply || plan.users.is_empty() {
        context.say(&document);
        return Ok(found);
    }
    // One client for all pools: they are in one region, that of the functions.
    let client = match plan.users.first() {
        Some(user) => context.cognito_of(&user.user.pool).await?,
        None => return Ok(found),
    };
    console::confirm(&document.question(&options.attribute.tenant_attribute), options.apply.yes)?;
    let stop = Stop::on_ctrl_c();
    let pools = PoolUsers::new(&client, options.attribute.tenant_attribute, options.rate, stop.clone());
    let outcome = apply::apply(&plan, &operator, &pools, &stop, &|| clock::now()).await;
    let (is_whole, is_interrupted) = (outcome.left == 0, outcome.interrupted);
    let advice = outcome.sign_in.and_then(|meaning| context.sign_in_advice(meaning));
    (document.applied, document.result) = (true, Some(outcome));
    context.say(&document);
    if let Some(advice) = advice {
        context.note(&advice);
    }
    Ok(match (is_interrupted, is_whole) {
        (true, _) => Found::Interrupted,
        (false, true) => found,
        (false, false) => Found::Problems,
    })
}

/// How long so many users take.
fn estimate(users: usize, rate: u32) -> Duration {
    let users = u64::try_from(users).unwrap_or(u64::MAX);
    Duration::from_secs(users.div_ceil(u64::from(rate.max(1))))
}
