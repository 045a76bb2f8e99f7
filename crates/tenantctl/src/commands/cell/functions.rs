//! Whether the deployed functions keep a tenant to its `pools`. The functions of every cell matter: those of one pool that do
//! not know `pools` would give its users the tenants of all other cells.
//!
//! Not seen: code that was uploaded without a change of the settings, versions that an alias sends a part of the calls to, and
//! pools that belong to no cell.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::LambdaConfigType;
use aws_sdk_lambda::Client as Lambda;
use tenancy::{Cell, CellStatus, PoolId, Region, TenantId};
use user_pool::function::{knows_pools, setting};
use user_pool::many;

use crate::commands::deployed::{PoolTenants, configuration, pool_tenant, pre_token_generation};
use crate::context::Context;
use crate::failure::{self, Failure};

/// Pools that are asked at the same time.
const AT_ONCE: usize = 8;

const UNCHECKED: &str = "To place the tenant without this check, add --unchecked.";

/// Refuses when a function of a cell's pool does not know `pools`, or cannot be asked. A local table has no functions, unless
/// the environment names a local stack.
pub(crate) async fn check(cells: &[Cell], context: &Context) -> Result<PoolTenants, Failure> {
    if !context.has_cognito() {
        return Ok(PoolTenants::default());
    }
    let serving = cells.iter().filter(|cell| cell.status != CellStatus::Closed);
    let pools: BTreeMap<PoolId, Region> =
        serving.map(|cell| (cell.pool.clone(), cell.region.clone())).collect();
    let mut questions = Vec::with_capacity(pools.len());
    for (pool, region) in pools {
        questions.push((pool, context.cognito_in(&region).await?, context.lambda_in(&region).await?));
    }
    let ask = |(pool, cognito, lambda): (PoolId, aws_sdk_cognitoidentityprovider::Client, Lambda)| async move {
        let described = Box::pin(cognito.describe_user_pool().user_pool_id(pool.as_str()).send()).await;
        let described = described.map_err(|error| {
            let operation = format!("read the functions of user pool {pool}");
            failure::aws(&operation, &error).needs("cognito-idp:DescribeUserPool")
        })?;
        let triggers = described.user_pool.and_then(|pool| pool.lambda_config);
        Ok((of_pool(&pool, triggers, &lambda).await?, pool))
    };
    let mut tenants = PoolTenants::default();
    let take = |answer: Result<(Option<TenantId>, PoolId), Failure>| {
        let (tenant, pool) = answer?;
        tenants.note(pool, tenant);
        Ok(())
    };
    let asked = many::for_each(AT_ONCE, questions, ask, take).await;
    asked.map_err(|failure: Failure| failure.and_hint(UNCHECKED))?;
    Ok(tenants)
}

/// The tenant of a pool that belongs to one tenant.
async fn of_pool(
    pool: &PoolId,
    triggers: Option<LambdaConfigType>,
    lambda: &Lambda,
) -> Result<Option<TenantId>, Failure> {
    let triggers = triggers.as_ref();
    let post_confirmation =
        triggers.and_then(LambdaConfigType::post_confirmation).filter(|function| !function.is_empty());
    let Some(pre_token) = pre_token_generation(triggers) else {
        let told = format!(
            "user pool {pool} has no pre-token-generation function: nothing keeps tenants to their pools"
        );
        return Err(Failure::refused("pools-unknown", told).hint("Attach it: `tenantctl pool attach`."));
    };
    let of_tokens = configuration(lambda, pre_token).await?;
    if !knows_pools(&of_tokens) {
        return Err(too_old(pool, pre_token));
    }
    if let Some(function) = post_confirmation {
        let settings = configuration(lambda, function).await?;
        // Another function at this trigger admits nobody to a tenant.
        if setting(&settings, "TENANCY_TABLE").is_some() && !knows_pools(&settings) {
            return Err(too_old(pool, function));
        }
    }
    pool_tenant(pre_token, &of_tokens)
}

fn too_old(pool: &PoolId, function: &str) -> Failure {
    let told = format!(
        "the function {function} of user pool {pool} does not keep tenants to their pools: it has neither the setting REDEEM \
         nor POOL_TENANT"
    );
    Failure::refused("pools-unknown", told)
        .hint("Update the function, and set REDEEM=on if your own template deploys it.")
}
