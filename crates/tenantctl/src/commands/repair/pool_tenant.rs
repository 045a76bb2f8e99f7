//! Whether a pool belongs to one tenant: its stamps and defaults are judged as its functions judge them.

use aws_sdk_cognitoidentityprovider::types::{LambdaConfigType, UserPoolType};
use tenancy::{PoolId, TenantId};
use user_pool::Meaning;

use crate::commands::deployed::{configuration, pool_tenant, pre_token_generation};
use crate::context::Context;
use crate::failure::{self, Failure};

/// `POOL_TENANT` of the pool's pre-token-generation function. If it cannot be read, a note says so, and the pool counts as one
/// that many tenants share.
pub(crate) async fn read(pool: &PoolId, context: &Context) -> Result<Option<TenantId>, Failure> {
    let described = async {
        let cognito = context.cognito_of(pool).await?;
        let described = Box::pin(cognito.describe_user_pool().user_pool_id(pool.as_str()).send()).await;
        described.map_err(|error| {
            failure::aws(&format!("read the functions of user pool {pool}"), &error)
                .needs("cognito-idp:DescribeUserPool on the pool")
        })
    };
    match described.await {
        Ok(answer) => {
            let triggers = answer.user_pool().and_then(UserPoolType::lambda_config);
            of_triggers(pool, triggers, context).await
        }
        Err(failure) => shared(failure, context),
    }
}

/// The same of a pool that was described.
pub(crate) async fn of_triggers(
    pool: &PoolId,
    triggers: Option<&LambdaConfigType>,
    context: &Context,
) -> Result<Option<TenantId>, Failure> {
    let Some(function) = pre_token_generation(triggers) else { return Ok(None) };
    let tenant = async {
        let lambda = context.lambda_of(pool).await?;
        pool_tenant(function, &configuration(&lambda, function).await?)
    };
    match tenant.await {
        Ok(tenant) => Ok(tenant),
        Err(failure) => shared(failure, context),
    }
}

fn shared(failure: Failure, context: &Context) -> Result<Option<TenantId>, Failure> {
    if failure.meaning().is_some_and(Meaning::needs_sign_in) {
        return Err(failure);
    }
    let told = failure.with_hint();
    let told = told.trim_end_matches('.');
    context.note(&format!("{told}. Continuing as if POOL_TENANT is not set."));
    Ok(None)
}
