//! `tenantctl pool`: the triggers of a live user pool ([`pool_triggers`]), and what it says.

mod advice;
mod options;
mod report;
mod run;

use pool_triggers::check;
use pool_triggers::description::Description;
use pool_triggers::judge::{self, Verdict, Wish};
use pool_triggers::slots::holder;
use pool_triggers::{Goal, Plan, backup, wire};
use tenancy::PoolId;
use user_pool::Trigger;

pub(crate) use self::options::{AttachOptions, DetachOptions, PoolCommand, RestoreOptions};
use self::run::Run;
use crate::context::Context;
use crate::failure::{Failure, Found};

type Cognito = aws_sdk_cognitoidentityprovider::Client;

pub(crate) async fn run(command: PoolCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        PoolCommand::Attach(options) => attach(options, context).await,
        PoolCommand::Detach(options) => detach(options, context).await,
        PoolCommand::Restore(options) => restore(options, context).await,
    }
}

async fn attach(options: AttachOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let (cognito, pool) = described(context, &options.pool.user_pool_id).await?;
    let wish = Wish {
        post_confirmation: options.post_confirmation.as_ref(),
        pre_token_generation: options.pre_token_generation.as_ref(),
        event_version: options.event_version.map(|version| version.0),
        replace: options.change.replace,
    };
    if let Some((trigger, arn, region)) = judge::of_another_region(pool.value(), &pool_id, &wish) {
        let (option, of) = (options::option(trigger), arn.region());
        let what = format!("{option} names a function of {of}, and the user pool is in {region}");
        return Err(Failure::usage(what).hint("Cognito invokes only functions in its own Region."));
    }
    let Verdict { changes, notes } = judge::attach(pool.value(), &wish)?;
    let mut plan = Plan::new(pool, Goal::Triggers(changes), notes);
    if !options.skip_function_check {
        let lambda = context.lambda_of(&options.pool.user_pool_id).await?;
        plan.check_functions(&lambda, &pool_id, &wish).await?;
    }
    Run::new("attach", context, cognito, pool_id, plan, options.change).finish().await
}

async fn detach(options: DetachOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let (cognito, pool) = described(context, &options.pool.user_pool_id).await?;
    let wish = Wish {
        post_confirmation: options.post_confirmation.as_ref(),
        pre_token_generation: options.pre_token_generation.as_ref(),
        event_version: None,
        replace: options.change.replace,
    };
    let Verdict { changes, notes } = judge::detach(pool.value(), &wish)?;
    let is_named = wish.post_confirmation.is_some() || wish.pre_token_generation.is_some();
    if !changes.is_empty() && !is_named && !wish.replace {
        let lambda = context.lambda_of(&options.pool.user_pool_id).await?;
        for (slot, _) in &changes {
            let held = holder(pool.value(), *slot).unwrap_or_default();
            if let Some(why) = check::not_ours(&lambda, held).await? {
                return Err(not_ours(*slot, held, &why));
            }
        }
    }
    let plan = Plan::new(pool, Goal::Triggers(changes), notes);
    Run::new("detach", context, cognito, pool_id, plan, options.change).finish().await
}

async fn restore(options: RestoreOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let saved = backup::read(&options.file)?;
    saved.check_id(&pool_id)?;
    let (cognito, pool) = described(context, &options.pool.user_pool_id).await?;
    saved.check_arn(&pool)?;
    let change = options.change();
    let mut plan = Plan::new(pool, Goal::Saved(Box::new(saved)), Vec::new());
    if !options.skip_function_check && plan.puts_functions_back() {
        let lambda = context.lambda_of(&options.pool.user_pool_id).await?;
        plan.check_restored_functions(&lambda, &pool_id).await?;
    }
    Run::new("restore", context, cognito, pool_id, plan, change).finish().await
}

async fn described(context: &Context, pool: &PoolId) -> Result<(Cognito, Description), Failure> {
    let cognito = context.cognito_of(pool).await?;
    let described = wire::describe(&cognito, pool.as_str()).await;
    let described = described.map_err(|refused| {
        let is_call = refused.meaning.is_some();
        let failure = Failure::from(refused);
        if is_call { failure.or_hint(context.region_hint(pool)) } else { failure }
    })?;
    Ok((cognito, described))
}

/// Why a trigger is not emptied that nobody has named.
fn not_ours(slot: Trigger, held: &str, why: &str) -> Failure {
    Failure::refused(
        "slot-taken",
        format!("{} holds a function that may not belong to this product: {why} ({held})", slot.name()),
    )
    .hint(format!(
        "To detach it anyway, name it: {} {held}. --replace detaches any function.",
        options::option(slot)
    ))
}
