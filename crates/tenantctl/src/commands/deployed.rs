//! The functions that are attached to a user pool, and whether the pool belongs to one tenant (`POOL_TENANT`).

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{LambdaConfigType, PreTokenGenerationVersionConfigType};
use aws_sdk_lambda::Client as Lambda;
use tenancy::{Pool, PoolId, TenantId};
use user_pool::function::{Configuration, environment_error, setting};

use crate::failure::{self, Failure};

/// The pools of one tenant, and whose they are.
#[derive(Debug, Default)]
pub(crate) struct PoolTenants(BTreeMap<PoolId, TenantId>);

impl PoolTenants {
    pub(crate) fn note(&mut self, pool: PoolId, tenant: Option<TenantId>) {
        self.0.extend(tenant.map(|tenant| (pool, tenant)));
    }

    /// The pool, as its functions see it.
    pub(crate) fn pool<'a>(&'a self, id: &'a PoolId) -> Pool<'a> {
        Pool { id, tenant: self.0.get(id) }
    }

    /// Whether `tenant` may live in `pool`.
    pub(crate) fn admit(&self, tenant: &TenantId, pool: &PoolId) -> bool {
        self.0.get(pool).is_none_or(|owner| owner == tenant)
    }

    /// Refuses the pool of another tenant.
    pub(crate) fn check(&self, tenant: &TenantId, pool: &PoolId) -> Result<(), Failure> {
        match self.0.get(pool).filter(|owner| *owner != tenant) {
            None => Ok(()),
            Some(owner) => {
                let told = format!("user pool {pool} belongs to tenant `{owner}` alone (POOL_TENANT)");
                Err(Failure::refused("pool-of-other-tenant", told))
            }
        }
    }
}

/// The ARN of the pool's pre-token-generation function, if there is one.
pub(crate) fn pre_token_generation(triggers: Option<&LambdaConfigType>) -> Option<&str> {
    let triggers = triggers?;
    let function = triggers
        .pre_token_generation_config()
        .map(PreTokenGenerationVersionConfigType::lambda_arn)
        .or_else(|| triggers.pre_token_generation());
    function.filter(|function| !function.is_empty())
}

/// What Lambda says of a function, with its settings.
pub(crate) async fn configuration(lambda: &Lambda, function: &str) -> Result<Configuration, Failure> {
    let answer = lambda.get_function_configuration().function_name(function).send().await;
    let settings = answer.map_err(|error| {
        let operation = format!("read the settings of the function {function}");
        failure::aws(&operation, &error).needs("lambda:GetFunctionConfiguration")
    })?;
    match environment_error(&settings) {
        None => Ok(settings),
        Some(said) => {
            Err(Failure::failed(format!("Lambda does not show the settings of {function}: {said}"))
                .hint("They are encrypted: allow kms:Decrypt on their key."))
        }
    }
}

/// The tenant that the function's pool belongs to.
pub(crate) fn pool_tenant(function: &str, settings: &Configuration) -> Result<Option<TenantId>, Failure> {
    let Some(raw) = setting(settings, "POOL_TENANT") else { return Ok(None) };
    let tenant = raw.parse().map_err(|error| {
        Failure::failed(format!("POOL_TENANT of the function {function} is not usable: {error}"))
    })?;
    Ok(Some(tenant))
}
