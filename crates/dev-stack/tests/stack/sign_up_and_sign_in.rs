//! The user's way through Cognito, by the real SDK client.

use std::collections::BTreeSet;

use crate::fixture::{EMAIL, Fixture, PASSWORD, event, http, pool, refusal};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, ChallengeNameType, MessageActionType};
use dev_stack::{ClientSettings, EventVersion, PoolSettings, StackOptions, Trigger, TriggerOutcome};
use serde_json::json;

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder().name(name).value(value).build().unwrap()
}

#[tokio::test]
async fn a_user_signs_up_confirms_signs_in_and_refreshes() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", |mut event| {
        event["response"]["claimsAndScopeOverrideDetails"] = json!({
            "idTokenGeneration": { "claimsToAddOrOverride": { "tenant": { "id": "acme" } } },
            "accessTokenGeneration": {
                "claimsToAddOrOverride": { "tenant_id": "acme" },
                "scopesToAdd": ["orders.read"],
            },
            "groupOverrideDetails": { "groupsToOverride": ["admin"] },
        });
        Ok(event)
    });

    fixture.sign_up().await;
    assert_eq!(fixture.sign_in().await.unwrap_err().0, "UserNotConfirmedException");
    fixture.confirm().await.unwrap();
    let tokens = fixture.sign_in().await.unwrap();

    let id = fixture.claims(tokens.id_token().unwrap()).await;
    assert_eq!(id["iss"], json!(fixture.stack.cognito().issuer(&fixture.pool)));
    assert_eq!(id["aud"], json!(fixture.client_id));
    assert_eq!(id["email"], json!(EMAIL));
    assert_eq!(id["email_verified"], json!(true));
    assert_eq!(id["tenant"], json!({ "id": "acme" }));
    assert_eq!(id["cognito:groups"], json!(["admin"]));
    assert_eq!(id["cognito:username"], id["sub"], "the username of an e-mail pool is the sub");
    let access = fixture.claims(tokens.access_token().unwrap()).await;
    assert_eq!(access["tenant_id"], json!("acme"));
    assert_eq!(access["scope"], json!("aws.cognito.signin.user.admin orders.read"));
    assert_eq!(access["client_id"], json!(fixture.client_id));

    let refreshed = fixture.refresh(tokens.refresh_token().unwrap()).await.unwrap();

    assert_eq!(refreshed.refresh_token(), None, "rotation is off");
    let again = fixture.claims(refreshed.access_token().unwrap()).await;
    assert_eq!(again["origin_jti"], access["origin_jti"]);
    assert_ne!(again["jti"], access["jti"]);
    let sources: Vec<_> = fixture
        .stack
        .cognito()
        .trigger_records(&fixture.pool)
        .into_iter()
        .map(|record| (record.source, record.outcome))
        .collect();
    let accepted = |source| (source, TriggerOutcome::Accepted);
    assert_eq!(
        sources,
        [
            accepted("PostConfirmation_ConfirmSignUp"),
            accepted("TokenGeneration_Authentication"),
            accepted("TokenGeneration_RefreshTokens"),
        ]
    );
    fixture.stack.stop().await;
}

#[tokio::test]
async fn an_administrators_user_sets_a_password_and_never_meets_post_confirmation() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username(EMAIL);
    create.user_attributes(attribute("email_verified", "true")).send().await.unwrap();
    let temporary = fixture.stack.cognito().delivered_code(&fixture.pool, EMAIL).unwrap();

    let asked = fixture.start_auth(EMAIL, &temporary).await.unwrap();
    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
    let respond = fixture
        .api
        .respond_to_auth_challenge()
        .client_id(&fixture.client_id)
        .challenge_name(ChallengeNameType::NewPasswordRequired)
        .set_session(asked.session)
        .challenge_responses("USERNAME", EMAIL)
        .challenge_responses("NEW_PASSWORD", PASSWORD)
        .client_metadata("tenantId", "acme");
    let tokens = respond.clone().send().await.unwrap().authentication_result.unwrap();

    let claims = fixture.claims(tokens.id_token().unwrap()).await;
    assert_eq!(claims["email"], json!(EMAIL));
    let pre = event(&fixture, Trigger::PreTokenGeneration);
    assert_eq!(pre["triggerSource"], json!("TokenGeneration_NewPasswordChallenge"));
    assert_eq!(pre["request"]["clientMetadata"], json!({ "tenantId": "acme" }));
    assert_eq!(fixture.stack.cognito().last_record(&fixture.pool, Trigger::PostConfirmation), None);
    let (code, _) = refusal(respond.send().await.unwrap_err());
    assert_eq!(code, "NotAuthorizedException", "a session is good once");
    fixture.sign_in().await.unwrap();
}

#[tokio::test]
async fn an_administrators_confirmation_has_no_client_and_no_verified_email() {
    let fixture = Fixture::start(pool(EventVersion::V1)).await;
    fixture.add("post", Ok);
    fixture.sign_up().await;
    let confirm = fixture.api.admin_confirm_sign_up().user_pool_id(&fixture.pool).username(EMAIL);

    confirm.clone().client_metadata("inviteCode", "inv_x").send().await.unwrap();

    let post = event(&fixture, Trigger::PostConfirmation);
    assert_eq!(post["triggerSource"], json!("PostConfirmation_ConfirmSignUp"));
    assert_eq!(post["callerContext"]["clientId"], json!(null));
    assert_eq!(post["request"]["userAttributes"]["email_verified"], json!("false"));
    assert_eq!(post["request"]["clientMetadata"], json!({ "inviteCode": "inv_x" }));
    let (code, message) = refusal(confirm.send().await.unwrap_err());
    assert_eq!(code, "NotAuthorizedException");
    assert_eq!(message, "User cannot be confirmed. Current status is CONFIRMED");
}

#[tokio::test]
async fn a_password_reset_fires_its_own_source_and_the_code_is_good_once() {
    let fixture = Fixture::start(pool(EventVersion::V1)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let forgot = fixture.api.forgot_password().client_id(&fixture.client_id).username(EMAIL);
    forgot.send().await.unwrap();
    let code = fixture.stack.cognito().delivered_code(&fixture.pool, EMAIL).unwrap();
    let reset = fixture.api.confirm_forgot_password().client_id(&fixture.client_id).username(EMAIL);
    let reset = reset.password("Another-horse-2");

    let wrong = refusal(reset.clone().confirmation_code("x").send().await.unwrap_err());
    reset.clone().confirmation_code(&code).send().await.unwrap();
    let again = refusal(reset.confirmation_code(&code).send().await.unwrap_err());

    assert_eq!(wrong.0, "CodeMismatchException");
    assert_eq!(again.0, "ExpiredCodeException");
    let post = event(&fixture, Trigger::PostConfirmation);
    assert_eq!(post["triggerSource"], json!("PostConfirmation_ConfirmForgotPassword"));
    assert_eq!(fixture.sign_in().await.unwrap_err().1, "Incorrect username or password.");
    fixture.start_auth(EMAIL, "Another-horse-2").await.unwrap();
}

#[tokio::test]
async fn a_client_writes_and_reads_only_what_it_may() {
    let listed = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
    let settings = ClientSettings {
        write_attributes: listed(&["email", "name"]),
        read_attributes: listed(&["email", "custom:tenantId"]),
        ..ClientSettings::default()
    };
    let fixture = Fixture::start_with(PoolSettings::default(), settings, StackOptions::default()).await;
    let unauthorized = "A client attempted to write unauthorized attribute";
    let forged = fixture.api.sign_up().client_id(&fixture.client_id).username(EMAIL).password(PASSWORD);
    let forged = forged.user_attributes(attribute("custom:tenantId", "victim")).send().await;
    assert_eq!(refusal(forged.unwrap_err()), ("NotAuthorizedException".into(), unauthorized.into()));

    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let stamp = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool).username(EMAIL);
    stamp.clone().user_attributes(attribute("custom:tenantId", "acme")).send().await.unwrap();
    let tokens = fixture.sign_in().await.unwrap();
    let token = tokens.access_token().unwrap();
    let update = fixture.api.update_user_attributes().access_token(token);

    let refused = update.clone().user_attributes(attribute("custom:tenantId", "victim")).send().await;
    assert_eq!(refusal(refused.unwrap_err()), ("NotAuthorizedException".into(), unauthorized.into()));
    update.user_attributes(attribute("name", "Ana")).send().await.unwrap();
    let unknown = stamp.user_attributes(attribute("custom:nope", "x")).send().await.unwrap_err();
    assert_eq!(refusal(unknown).0, "InvalidParameterException");
    let seen = fixture.api.get_user().access_token(token).send().await.unwrap();
    let names: Vec<_> = seen.user_attributes().iter().map(AttributeType::name).collect();
    assert_eq!(names, ["sub", "custom:tenantId", "email"]);
    let id = fixture.claims(tokens.id_token().unwrap()).await;
    assert_eq!(id["custom:tenantId"], json!("acme"));
    assert_eq!(id.get("email_verified"), None, "the client may not read it");
    let everything = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username(EMAIL);
    assert_eq!(everything.send().await.unwrap().user_attributes().len(), 5);
}

#[tokio::test]
async fn names_are_case_insensitive_and_taken_once() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();

    fixture.start_auth("ANA@EXAMPLE.COM", PASSWORD).await.unwrap();

    let again = fixture.api.sign_up().client_id(&fixture.client_id).username("ana@example.com");
    let again = refusal(again.password(PASSWORD).send().await.unwrap_err());
    assert_eq!(again.0, "UsernameExistsException");
    let weak = fixture.api.sign_up().client_id(&fixture.client_id).username("b@example.com");
    assert_eq!(refusal(weak.password("short").send().await.unwrap_err()).0, "InvalidPasswordException");
    let nobody = fixture.start_auth("nobody@example.com", PASSWORD).await.unwrap_err();
    assert_eq!(nobody, ("NotAuthorizedException".into(), "Incorrect username or password.".into()));
    let missing = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username("nobody");
    assert_eq!(refusal(missing.send().await.unwrap_err()).0, "UserNotFoundException");
}

#[tokio::test]
async fn sessions_end_when_they_are_revoked() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let (first, second) = (fixture.sign_in().await.unwrap(), fixture.sign_in().await.unwrap());

    let revoke = fixture.api.revoke_token().client_id(&fixture.client_id);
    revoke.token(first.refresh_token().unwrap()).send().await.unwrap();

    let refused = fixture.refresh(first.refresh_token().unwrap()).await.unwrap_err();
    assert_eq!(refused, ("NotAuthorizedException".into(), "Refresh Token has been revoked".into()));
    fixture.refresh(second.refresh_token().unwrap()).await.unwrap();
    let sign_out = fixture.api.admin_user_global_sign_out().user_pool_id(&fixture.pool).username(EMAIL);
    sign_out.send().await.unwrap();
    fixture.refresh(second.refresh_token().unwrap()).await.unwrap_err();
    let profile = fixture.api.get_user().access_token(second.access_token().unwrap());
    assert_eq!(refusal(profile.send().await.unwrap_err()).1, "Access Token has been revoked");
    let forged = fixture.api.get_user().access_token("not.a.token").send().await.unwrap_err();
    assert_eq!(refusal(forged).1, "Invalid Access Token");
}

#[tokio::test]
async fn users_pools_and_clients_can_be_looked_at() {
    let fixture = Fixture::start(pool(EventVersion::V3)).await;
    for name in ["a@example.com", "b@example.com", "c@example.com"] {
        let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username(name);
        create.message_action(MessageActionType::Suppress).send().await.unwrap();
    }

    let list = fixture.api.list_users().user_pool_id(&fixture.pool);
    let first = list.clone().limit(2).send().await.unwrap();
    let rest = list.clone().set_pagination_token(first.pagination_token.clone()).send().await.unwrap();
    let found = list.filter("email = \"b@example.com\"").send().await.unwrap();
    assert_eq!((first.users().len(), rest.users().len(), found.users().len()), (2, 1, 1));
    assert_eq!(rest.pagination_token(), None);

    let pool = fixture.api.describe_user_pool().user_pool_id(&fixture.pool).send().await.unwrap();
    let triggers = pool.user_pool().unwrap().lambda_config().unwrap();
    let pre = triggers.pre_token_generation_config().unwrap();
    assert_eq!(pre.lambda_version().as_str(), "V3_0");
    assert!(pre.lambda_arn().ends_with(":function:pre"), "{}", pre.lambda_arn());
    let client = fixture.api.describe_user_pool_client().user_pool_id(&fixture.pool);
    let client = client.client_id(&fixture.client_id).send().await.unwrap();
    assert_eq!(client.user_pool_client().unwrap().client_id(), Some(fixture.client_id.as_str()));
    let unknown = fixture.api.list_groups().user_pool_id(&fixture.pool).send().await.unwrap_err();
    let (code, message) = refusal(unknown);
    assert_eq!(code, "UnknownOperationException");
    assert!(message.contains("ListGroups"), "{message}");
}

#[tokio::test]
async fn a_parameter_that_is_null_counts_as_not_sent() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let input = json!({
        "ClientId": fixture.client_id, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": EMAIL, "PASSWORD": PASSWORD, "DEVICE_KEY": null },
    });
    let target = ("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth");
    let url = format!("{}/", fixture.stack.endpoints().cognito);

    let (status, _, body) = http("POST", &url, &[target], &input.to_string()).await;

    assert_eq!(status, 200, "{body}");
}
