//! The calls. Only the pool's own description must be answered; what else is not is kept as such.

mod functions;
mod pool;
mod replicas;
mod table;

use std::convert::Infallible;
use std::future::Future;

use indicatif::ProgressBar;
use tenancy::PoolId;
use user_pool::many;

use super::snapshot::{Expected, Snapshot, marker_scope};
use crate::context::Context;
use crate::failure::Failure;

/// Calls at the same time. Cognito gives an account 15 to 20 descriptions of app clients a second (quotas); what it refuses
/// is tried again.
const AT_ONCE: usize = 6;

/// Reads everything.
///
/// # Errors
///
/// [`Failure`] when the pool could not be described.
pub(super) async fn snapshot(
    context: &Context,
    pool: &PoolId,
    expected: Expected,
) -> Result<Snapshot, Failure> {
    let cognito = context.cognito_of(pool).await?;
    let (pool_settings, described) = pool::describe(&cognito, pool, context.region_hint(pool)).await?;
    let (mut clients, unlisted_clients) = pool::clients(&cognito, pool).await;
    let unread_secrets = pool::secrets(&cognito, pool, &mut clients).await;
    let (providers, unlisted_providers) = pool::providers(&cognito, pool).await;
    let mfa = pool::mfa(&cognito, pool).await;
    let replicas = replicas::read(&cognito, pool).await;
    let functions = match pool_settings.lambda_config() {
        Some(triggers) => functions::read(context, pool, pool_settings.arn(), triggers).await,
        None => Vec::new(),
    };
    let marker_server = match marker_scope(&functions, &expected) {
        Ok(Some(marker)) => pool::marker_server(&cognito, pool, marker).await,
        // Without a marker nothing is looked for. What hid it is said by the rules themselves.
        Ok(None) | Err(_) => Ok(Vec::new()),
    };
    let table = table::inspect(context, pool).await;
    let bindings = match &table {
        Ok(Some(_)) => table::bindings(context, pool, &clients, &providers).await,
        Ok(None) => Err(table::missing()),
        Err(unread) => Err(unread.clone()),
    };
    let mut snapshot = Snapshot {
        expected,
        pool_id: pool.to_string(),
        pool: pool_settings,
        described,
        mfa,
        clients,
        unlisted_clients,
        unread_secrets,
        providers,
        unlisted_providers,
        replicas,
        functions,
        marker_server,
        table,
        bindings,
    };
    // Members are many: they are read only where nothing else tells that the product is installed.
    if snapshot.is_installed() != Some(true)
        && let Ok(bindings) = &mut snapshot.bindings
    {
        bindings.has_members = table::has_members(context, pool, &bindings.tenants).await;
    }
    Ok(snapshot)
}

/// Calls for each of many, a few at the same time, and gives the answers in the order of the questions.
async fn for_each<T, A, F>(what: &'static str, questions: Vec<T>, call: impl Fn(T) -> F) -> Vec<A>
where
    F: Future<Output = A> + Send + 'static,
    A: Send + 'static,
{
    let bar = progress(what, questions.len());
    let mut answers = Vec::new();
    let asked = questions.into_iter().enumerate();
    let call = |(position, question)| {
        let answer = call(question);
        async move { (position, answer.await) }
    };
    let Ok(()) = many::for_each(AT_ONCE, asked, call, |answer| {
        answers.push(answer);
        bar.inc(1);
        Ok::<_, Infallible>(())
    })
    .await;
    bar.finish_and_clear();
    answers.sort_by_key(|(position, _)| *position);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// A bar on standard error, on a terminal alone; for a few there is none.
fn progress(what: &'static str, count: usize) -> ProgressBar {
    if count < 20 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
    bar.set_message(what);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {pos}/{len} {wide_bar}") {
        bar.set_style(style);
    }
    bar
}
