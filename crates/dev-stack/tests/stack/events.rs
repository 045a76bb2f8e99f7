//! What the triggers are sent.

use crate::fixture::{EMAIL, Fixture, PASSWORD, event, pool};
use dev_stack::{EventVersion, PoolSettings, Trigger, Triggers};
use serde_json::json;

#[tokio::test]
async fn events_have_the_documented_shape_in_every_version() {
    let fixture = Fixture::start(pool(EventVersion::V1)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();

    let post = event(&fixture, Trigger::PostConfirmation);
    assert_eq!(post["version"], json!("1"));
    assert_eq!(post["region"], json!("eu-west-1"));
    assert_eq!(post["userPoolId"], json!(fixture.pool));
    let caller = json!({ "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": fixture.client_id });
    assert_eq!(post["callerContext"], caller);
    assert_eq!(post["request"]["userAttributes"]["email_verified"], json!("true"));
    assert_eq!(post["request"]["userAttributes"]["cognito:user_status"], json!("CONFIRMED"));
    assert_eq!(post["request"].get("clientMetadata"), None);
    assert_eq!(post["response"], json!({}));

    let rows = [
        (EventVersion::V1, "1", None, json!({ "claimsOverrideDetails": null })),
        (
            EventVersion::V2,
            "2",
            Some(json!(["aws.cognito.signin.user.admin"])),
            json!({ "claimsAndScopeOverrideDetails": null }),
        ),
        (
            EventVersion::V3,
            "3",
            Some(json!(["aws.cognito.signin.user.admin"])),
            json!({ "claimsAndScopeOverrideDetails": null }),
        ),
    ];
    for (version, text, scopes, response) in rows {
        fixture.stack.cognito().set_triggers(&fixture.pool, &pool(version).triggers).unwrap();
        fixture.sign_in().await.unwrap();

        let pre = event(&fixture, Trigger::PreTokenGeneration);
        assert_eq!(pre["version"], json!(text));
        assert_eq!(pre["request"].get("scopes"), scopes.as_ref(), "{version:?}");
        assert_eq!(pre["response"], response, "{version:?}");
        let groups = json!({ "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null });
        assert_eq!(pre["request"]["groupConfiguration"], groups);
        assert_eq!(pre["request"].get("clientMetadata"), None);
    }
}

#[tokio::test]
async fn metadata_reaches_the_triggers_only_where_cognito_passes_it() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    let code = fixture.stack.cognito().delivered_code(&fixture.pool, EMAIL).unwrap();
    let confirm = fixture.api.confirm_sign_up().client_id(&fixture.client_id).username(EMAIL);
    confirm.confirmation_code(code).client_metadata("k", "confirm").send().await.unwrap();
    let metadata = |trigger| event(&fixture, trigger)["request"].get("clientMetadata").cloned();

    assert_eq!(metadata(Trigger::PostConfirmation), Some(json!({ "k": "confirm" })));

    let sign_in = fixture.api.initiate_auth().client_id(&fixture.client_id);
    let sign_in = sign_in.auth_flow("USER_PASSWORD_AUTH".into()).client_metadata("k", "sign-in");
    let sign_in = sign_in.auth_parameters("USERNAME", EMAIL).auth_parameters("PASSWORD", PASSWORD);
    let tokens = sign_in.send().await.unwrap().authentication_result.unwrap();
    assert_eq!(metadata(Trigger::PreTokenGeneration), None, "InitiateAuth passes none");

    let exchange = fixture.api.get_tokens_from_refresh_token().client_id(&fixture.client_id);
    let exchange = exchange.refresh_token(tokens.refresh_token().unwrap()).client_metadata("k", "exchange");
    exchange.send().await.unwrap();
    assert_eq!(metadata(Trigger::PreTokenGeneration), Some(json!({ "k": "exchange" })));
    let source = event(&fixture, Trigger::PreTokenGeneration)["triggerSource"].clone();
    assert_eq!(source, json!("TokenGeneration_Authentication"));
}

#[tokio::test]
async fn memberships_are_in_the_event_and_in_both_tokens() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    for (name, precedence, role) in [("staff", 10, "arn:staff"), ("admin", 1, "arn:admin")] {
        let create = fixture.api.create_group().user_pool_id(&fixture.pool).group_name(name);
        create.precedence(precedence).role_arn(role).send().await.unwrap();
        let add = fixture.api.admin_add_user_to_group().user_pool_id(&fixture.pool);
        add.group_name(name).username(EMAIL).send().await.unwrap();
    }

    let tokens = fixture.sign_in().await.unwrap();

    let configuration = json!({
        "groupsToOverride": ["admin", "staff"],
        "iamRolesToOverride": ["arn:admin", "arn:staff"],
        "preferredRole": "arn:admin",
    });
    let pre = event(&fixture, Trigger::PreTokenGeneration);
    assert_eq!(pre["request"]["groupConfiguration"], configuration);
    let id = fixture.claims(tokens.id_token().unwrap()).await;
    assert_eq!(id["cognito:groups"], json!(["admin", "staff"]));
    assert_eq!(id["cognito:roles"], json!(["arn:admin", "arn:staff"]));
    assert_eq!(id["cognito:preferred_role"], json!("arn:admin"));
    let access = fixture.claims(tokens.access_token().unwrap()).await;
    assert_eq!(access["cognito:groups"], json!(["admin", "staff"]));

    fixture.stack.cognito().set_triggers(&fixture.pool, &Triggers::default()).unwrap();
    let untouched = fixture.sign_in().await.unwrap();
    let id = fixture.claims(untouched.id_token().unwrap()).await;
    assert_eq!(id["cognito:groups"], json!(["admin", "staff"]), "without a trigger");
}

#[tokio::test]
async fn an_auto_confirmed_sign_up_fires_with_its_metadata() {
    let triggers = Triggers::default().with(Trigger::PostConfirmation, "post");
    let settings = PoolSettings { auto_confirm: true, triggers, ..PoolSettings::default() };
    let fixture = Fixture::start(settings).await;
    fixture.add("post", Ok);
    let sign_up = fixture.api.sign_up().client_id(&fixture.client_id).username(EMAIL).password(PASSWORD);

    let answer = sign_up.client_metadata("inviteCode", "inv_x").send().await.unwrap();

    assert!(answer.user_confirmed());
    let post = event(&fixture, Trigger::PostConfirmation);
    assert_eq!(post["request"]["clientMetadata"], json!({ "inviteCode": "inv_x" }));
    fixture.sign_in().await.unwrap();
}
