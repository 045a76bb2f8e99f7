//! Refresh token rotation.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{
    AuthenticationResultType, ExplicitAuthFlowsType, FeatureType, RefreshTokenRotationType,
};
use dev_stack::{ClientSettings, FunctionError, PoolSettings, StackOptions, Trigger, Triggers};
use serde_json::json;

use crate::fixture::{EMAIL, Fixture, PASSWORD, refusal};

/// A signed-in user of a client that rotates, and their refresh token.
async fn rotating(grace_seconds: u64, client: ClientSettings) -> (Fixture, String) {
    let fixture = Fixture::start_with(PoolSettings::default(), client, StackOptions::default()).await;
    let rotation = json!({ "Feature": "ENABLED", "RetryGracePeriodSeconds": grace_seconds });
    let patch = json!({ "RefreshTokenRotation": rotation });
    fixture.stack.cognito().patch_client(&fixture.pool, &fixture.client_id, patch).unwrap();
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let tokens = fixture.start_auth(EMAIL, PASSWORD).await.unwrap().authentication_result.unwrap();
    (fixture, tokens.refresh_token.unwrap())
}

async fn exchange(fixture: &Fixture, token: &str) -> Result<AuthenticationResultType, (String, String)> {
    let call = fixture.api.get_tokens_from_refresh_token().client_id(&fixture.client_id).refresh_token(token);
    call.send().await.map(|answer| answer.authentication_result.unwrap()).map_err(refusal)
}

#[tokio::test]
async fn a_refresh_replaces_the_refresh_token() {
    let (fixture, first) = rotating(0, ClientSettings::default()).await;

    let refreshed = exchange(&fixture, &first).await.unwrap();

    let second = refreshed.refresh_token.clone().expect("a new one");
    assert_ne!(second, first);
    assert_eq!(exchange(&fixture, &first).await.unwrap_err().0, "RefreshTokenReuseException");
    let again = exchange(&fixture, &second).await.unwrap();
    let origin = |token: Option<String>| {
        let fixture = &fixture;
        async move { fixture.claims(&token.unwrap()).await["origin_jti"].clone() }
    };
    assert_eq!(origin(again.access_token).await, origin(refreshed.access_token).await, "one sign-in");
    let flow = fixture.refresh(&second).await.unwrap_err();
    assert_eq!(flow.0, "NotAuthorizedException", "REFRESH_TOKEN_AUTH is refused");
}

#[tokio::test]
async fn a_refresh_that_the_trigger_refuses_leaves_the_token_as_it_was() {
    let (fixture, token) = rotating(0, ClientSettings::default()).await;
    fixture.add("pre", |_| Err(FunctionError::new("NO_TENANT", "No organization")));
    let triggers = Triggers::default().with(Trigger::PreTokenGeneration, "pre");
    fixture.stack.cognito().set_triggers(&fixture.pool, &triggers).unwrap();

    let refused = exchange(&fixture, &token).await.unwrap_err();

    assert_eq!(refused.0, "UserLambdaValidationException");
    fixture.stack.cognito().set_triggers(&fixture.pool, &Triggers::default()).unwrap();
    exchange(&fixture, &token).await.unwrap();
}

#[tokio::test]
async fn the_old_token_works_within_the_grace_period() {
    let (fixture, first) = rotating(60, ClientSettings::default()).await;

    let second = exchange(&fixture, &first).await.unwrap().refresh_token.unwrap();
    let other = exchange(&fixture, &first).await.unwrap().refresh_token.unwrap();

    assert_ne!(second, other);
    exchange(&fixture, &second).await.unwrap();
    let revoke = fixture.api.revoke_token().client_id(&fixture.client_id).token(&second);
    revoke.send().await.unwrap();
    for token in [&first, &second, &other] {
        let (_, message) = exchange(&fixture, token).await.unwrap_err();
        assert_eq!(message, "Refresh Token has been revoked");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_where_tokens_rotate_too() {
    let client = ClientSettings { refresh_token_validity: Duration::ZERO, ..ClientSettings::default() };
    let (fixture, first) = rotating(0, client).await;
    let expired = exchange(&fixture, &first).await.unwrap_err();
    assert_eq!(expired.1, "Refresh Token has expired");
}

#[tokio::test]
async fn a_client_that_rotates_does_not_list_the_other_way() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let rotation = RefreshTokenRotationType::builder().feature(FeatureType::Enabled);
    let rotation = rotation.retry_grace_period_seconds(10).build().unwrap();
    let create = fixture.api.create_user_pool_client().user_pool_id(&fixture.pool).client_name("web");
    let create = create.refresh_token_rotation(rotation);

    let both = create.clone().explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth);

    assert_eq!(refusal(both.send().await.unwrap_err()).0, "InvalidParameterException");
    let made = create.explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth).send().await.unwrap();
    let shown = made.user_pool_client.unwrap().refresh_token_rotation.unwrap();
    assert_eq!(shown.retry_grace_period_seconds(), Some(10));
}
