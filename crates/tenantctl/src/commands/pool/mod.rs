//! The triggers of a live user pool: attach, detach, and the way back.
//!
//! `UpdateUserPool` resets everything that it is not sent, so a change of one trigger sends the whole pool back:
//!
//! | Module | What it holds |
//! | --- | --- |
//! | `description` | a description as it came, byte for byte |
//! | `goal` | what the pool is to become |
//! | `members` | every member of a description, and what becomes of it |
//! | `update` | the whole request, from a description |
//! | `difference` | what is different between two descriptions |
//! | `triggers`, `judge` | the two slots, and whether they may change |
//! | `functions` | whether Cognito may invoke a function |
//! | `owner`, `fragment` | who owns a pool, and what it writes into its own code |
//! | `run`, `refusal` | one run of a command, from the plan to the outcome, and why it ends at the plan |
//! | `wire`, `backup`, `apply`, `verify` | the calls, and the write with all that is around it |

mod apply;
mod backup;
mod description;
mod difference;
mod fragment;
mod functions;
mod goal;
mod judge;
mod members;
mod options;
mod owner;
mod refusal;
mod report;
#[cfg(test)]
mod round_trip;
mod run;
mod triggers;
mod update;
mod verify;
mod wire;

pub use self::options::{AttachOptions, ChangeOptions, DetachOptions, PoolCommand, RestoreOptions};

use self::goal::Goal;
use self::judge::{Verdict, Wish};
use self::run::Run;
use self::triggers::holder;
use crate::context::Context;
use crate::failure::{Failure, Found};

/// Runs one.
///
/// # Errors
///
/// [`Failure`]: see the commands.
pub async fn run(command: PoolCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        PoolCommand::Attach(options) => attach(options, context).await,
        PoolCommand::Detach(options) => detach(options, context).await,
        PoolCommand::Restore(options) => restore(options, context).await,
    }
}

async fn attach(options: AttachOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let cognito = context.cognito_of(&options.pool.user_pool_id).await?;
    let pool = wire::describe(&cognito, &pool_id).await?;
    let wish = Wish {
        post_confirmation: options.post_confirmation.as_ref(),
        pre_token_generation: options.pre_token_generation.as_ref(),
        event_version: options.event_version.map(|version| version.0),
        replace: options.change.replace,
    };
    let Verdict { changes, notes } = judge::attach(pool.value(), &pool_id, &wish)?;
    let goal = Goal::Triggers(changes);
    let mut run = Run::new("attach", context, cognito, pool_id, pool, goal, notes, options.change);
    if !options.skip_function_check {
        let lambda = context.lambda_of(&options.pool.user_pool_id).await?;
        run.check_functions(&lambda, &wish).await?;
    }
    run.finish().await
}

async fn detach(options: DetachOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let cognito = context.cognito_of(&options.pool.user_pool_id).await?;
    let pool = wire::describe(&cognito, &pool_id).await?;
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
            if let Some(why) = functions::not_ours(&lambda, held).await? {
                return Err(not_ours(*slot, held, &why));
            }
        }
    }
    let goal = Goal::Triggers(changes);
    Run::new("detach", context, cognito, pool_id, pool, goal, notes, options.change).finish().await
}

async fn restore(options: RestoreOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let saved = backup::read(&options.file)?;
    saved.check_id(&pool_id)?;
    let cognito = context.cognito_of(&options.pool.user_pool_id).await?;
    let pool = wire::describe(&cognito, &pool_id).await?;
    saved.check_arn(&pool)?;
    let change = options.change();
    let goal = Goal::Saved(Box::new(saved));
    let mut run = Run::new("restore", context, cognito, pool_id, pool, goal, Vec::new(), change);
    if !options.skip_function_check && run.puts_functions_back() {
        let lambda = context.lambda_of(&options.pool.user_pool_id).await?;
        run.check_restored_functions(&lambda).await?;
    }
    run.finish().await
}

/// Why a trigger is not emptied that nobody has named.
fn not_ours(slot: user_pool::Trigger, held: &str, why: &str) -> Failure {
    Failure::refused(
        "slot-taken",
        format!(
            "{} holds a function of which nothing says that it is of this product: {why} ({held})",
            slot.name()
        ),
    )
    .hint(format!(
        "To take it off all the same, name it: {} {held}. --replace takes off whatever is there.",
        options::option(slot)
    ))
}
