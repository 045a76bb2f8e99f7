//! What a user pool says of its trigger, an app client, and a user's groups.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{GroupType, PreTokenGenerationLambdaVersionType};
use tenancy::{ClientId, PoolId, Username};

use crate::failure::{self, Failure};
use user_pool::{AwsError, Meaning};

/// The event version that brings claims into both tokens of a user; version 3 adds machines.
pub(super) const NEWEST_USER_VERSION: u8 = 2;

/// What is attached to pre-token-generation.
#[derive(Debug)]
pub(super) struct Trigger {
    /// The ARN of the function, perhaps with a version or an alias.
    pub(super) function: String,
    /// The event version: 1, 2 or 3.
    pub(super) version: u8,
}

/// The pool's pre-token-generation trigger, if it has one.
///
/// # Errors
///
/// [`Failure`] when the pool cannot be read.
pub(super) async fn trigger(cognito: &Client, pool: &PoolId) -> Result<Option<Trigger>, Failure> {
    let answer = cognito.describe_user_pool().user_pool_id(pool.as_str()).send().await;
    let answer = answer.map_err(|error| {
        failure::aws(&format!("read the user pool {pool}"), &error)
            .needs("cognito-idp:DescribeUserPool on the pool")
    })?;
    let Some(triggers) = answer.user_pool.and_then(|pool| pool.lambda_config) else { return Ok(None) };
    if let Some(current) =
        triggers.pre_token_generation_config.filter(|current| !current.lambda_arn.is_empty())
    {
        let version = match current.lambda_version {
            PreTokenGenerationLambdaVersionType::V10 => 1,
            PreTokenGenerationLambdaVersionType::V20 => 2,
            // A later version would have all that this one has.
            _ => 3,
        };
        return Ok(Some(Trigger { function: current.lambda_arn, version }));
    }
    let legacy = triggers.pre_token_generation.filter(|function| !function.is_empty());
    Ok(legacy.map(|function| Trigger { function, version: 1 }))
}

/// The OAuth scopes that an app client may ask for.
///
/// # Errors
///
/// [`Failure`] `client-unknown` when the pool has no such app client, or when the pool gives no answer.
pub(super) async fn client_scopes(
    cognito: &Client,
    pool: &PoolId,
    client: &ClientId,
) -> Result<Vec<String>, Failure> {
    let call = cognito.describe_user_pool_client().user_pool_id(pool.as_str());
    match call.client_id(client.as_str()).send().await {
        Ok(answer) => {
            Ok(answer.user_pool_client.and_then(|client| client.allowed_o_auth_scopes).unwrap_or_default())
        }
        Err(error) => match AwsError::of(&error) {
            error if error.meaning() == Meaning::NotFound => Err(Failure::refused(
                "client-unknown",
                format!("user pool {pool} has no app client {client}"),
            )),
            error => Err(failure::of(&format!("read the app client {client}"), &error)
                .needs("cognito-idp:DescribeUserPoolClient on the pool")),
        },
    }
}

/// The groups of a user in the pool. The developer guide ("Quotas in Amazon Cognito") lists what makes a dormant user one that
/// is billed for the month: a change of group membership is in the list, a query of it is not.
///
/// # Errors
///
/// [`Failure`] when the pool gives no answer.
pub(super) async fn groups(
    cognito: &Client,
    pool: &PoolId,
    username: &Username,
) -> Result<Vec<GroupType>, Failure> {
    let call = cognito.admin_list_groups_for_user().user_pool_id(pool.as_str()).username(username.as_str());
    let pages = call.into_paginator().items().send().collect::<Result<Vec<GroupType>, _>>().await;
    pages.map_err(|error| {
        failure::of(
            "read the user's groups in the pool, which are left out",
            &AwsError::of(&error).about_user(),
        )
        .needs("cognito-idp:AdminListGroupsForUser on the pool")
    })
}
