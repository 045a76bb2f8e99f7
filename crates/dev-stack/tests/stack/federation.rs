//! Users of an identity provider, after their first sign-in.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use dev_stack::{ClientSettings, EventVersion, Trigger, cognito::FederatedUser};
use serde_json::{Value, json};

use crate::fixture::{EMAIL, Fixture, PASSWORD, event, pool, refusal};

fn ana(attributes: &[(&str, &str)]) -> FederatedUser {
    let pairs = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let attributes: BTreeMap<_, _> = pairs.collect();
    FederatedUser { provider: "AcmeOidc".to_owned(), subject: "Ana".to_owned(), attributes }
}

async fn fixture() -> Fixture {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture
}

fn last_event(fixture: &Fixture) -> Value {
    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PreTokenGeneration).unwrap();
    serde_json::from_str(&record.event).unwrap()
}

#[tokio::test]
async fn an_attribute_whose_claim_stopped_coming_stays() {
    let fixture = fixture().await;
    let cognito = fixture.stack.cognito();
    let first = ana(&[("email", "ana@example.com"), ("custom:tenantId", "acme"), ("name", "Ana")]);
    cognito.federated_sign_in(&fixture.pool, &fixture.client_id, first).await.unwrap();

    let later = ana(&[("email", "ana@example.com"), ("name", "Ana B")]);
    cognito.federated_sign_in(&fixture.pool, &fixture.client_id, later).await.unwrap();

    let attributes = &last_event(&fixture)["request"]["userAttributes"];
    assert_eq!((&attributes["custom:tenantId"], &attributes["name"]), (&json!("acme"), &json!("Ana B")));
}

#[tokio::test]
async fn a_session_comes_back_with_the_attributes_of_the_profile() {
    let fixture = fixture().await;
    let cognito = fixture.stack.cognito();
    let client = fixture.client_id.clone();
    let nobody = cognito.federated_session_returns(&fixture.pool, &client, "AcmeOidc", "Ana").await;
    assert_eq!(nobody.unwrap_err().code, "UserNotFoundException");
    let user = ana(&[("email", "ana@example.com")]);
    cognito.federated_sign_in(&fixture.pool, &client, user).await.unwrap();
    let update = fixture.api.admin_update_user_attributes().user_pool_id(&fixture.pool);
    let attribute = aws_sdk_cognitoidentityprovider::types::AttributeType::builder();
    let attribute = attribute.name("custom:tenantId").value("globex").build().unwrap();
    update.username("acmeoidc_ana").user_attributes(attribute).send().await.unwrap();
    let other = cognito.create_client(&fixture.pool, ClientSettings::default()).unwrap();
    let sign_out = fixture.api.admin_user_global_sign_out().user_pool_id(&fixture.pool);
    sign_out.username("acmeoidc_ana").send().await.unwrap();

    let back = cognito.federated_session_returns(&fixture.pool, &other, "AcmeOidc", "Ana").await;
    back.expect("at another client, after a global sign-out");

    let event = last_event(&fixture);
    assert_eq!(event["triggerSource"], json!("TokenGeneration_HostedAuth"));
    assert_eq!(event["callerContext"]["clientId"], json!(other));
    assert_eq!(event["request"]["userAttributes"]["custom:tenantId"], json!("globex"));
}

#[tokio::test]
async fn a_disabled_user_gets_no_token_by_any_way() {
    let fixture = fixture().await;
    let cognito = fixture.stack.cognito();
    let user = ana(&[("email", "ana@example.com")]);
    cognito.federated_sign_in(&fixture.pool, &fixture.client_id, user.clone()).await.unwrap();
    let disable = fixture.api.admin_disable_user().user_pool_id(&fixture.pool).username("acmeoidc_ana");
    disable.send().await.unwrap();
    let fired = cognito.trigger_records(&fixture.pool).len();

    let again = cognito.federated_sign_in(&fixture.pool, &fixture.client_id, user).await.unwrap_err();
    let back = cognito.federated_session_returns(&fixture.pool, &fixture.client_id, "AcmeOidc", "Ana").await;

    for refused in [again, back.unwrap_err()] {
        assert_eq!((refused.code, &*refused.message), ("NotAuthorizedException", "User is disabled."));
    }
    assert_eq!(cognito.trigger_records(&fixture.pool).len(), fired, "no trigger fires");
}

#[tokio::test]
async fn a_user_who_is_disabled_before_the_first_password_gets_no_token() {
    let fixture = fixture().await;
    let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username("dana@example.com");
    create.temporary_password(PASSWORD).send().await.unwrap();
    let asked = fixture.start_auth("dana@example.com", PASSWORD).await.unwrap();
    let disable = fixture.api.admin_disable_user().user_pool_id(&fixture.pool).username("dana@example.com");
    disable.send().await.unwrap();

    let answer = fixture.api.respond_to_auth_challenge().client_id(&fixture.client_id);
    let answer = answer.challenge_name(ChallengeNameType::NewPasswordRequired).set_session(asked.session);
    let answer = answer.challenge_responses("USERNAME", "dana@example.com");
    let refused = answer.challenge_responses("NEW_PASSWORD", "Permanent-1").send().await.unwrap_err();

    assert_eq!(refusal(refused).1, "User is disabled.");
    let status = fixture.api.admin_get_user().user_pool_id(&fixture.pool).username("dana@example.com");
    let status = status.send().await.unwrap().user_status.unwrap();
    assert_eq!(status.as_str(), "FORCE_CHANGE_PASSWORD", "nothing was written");
}

#[tokio::test]
async fn a_federated_user_is_confirmed_once_and_hosted_every_time() {
    let fixture = Fixture::start(pool(EventVersion::V3)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    let user = FederatedUser {
        provider: "AcmeOidc".to_owned(),
        subject: "Sub1".to_owned(),
        attributes: [("email".to_owned(), EMAIL.to_owned())].into(),
    };
    let cognito = fixture.stack.cognito();

    let first = cognito.federated_sign_in(&fixture.pool, &fixture.client_id, user.clone()).await.unwrap();
    cognito.federated_sign_in(&fixture.pool, &fixture.client_id, user).await.unwrap();

    let sources: Vec<_> =
        cognito.trigger_records(&fixture.pool).into_iter().map(|record| record.source).collect();
    let hosted = "TokenGeneration_HostedAuth";
    assert_eq!(sources, ["PostConfirmation_ConfirmSignUp", hosted, hosted]);
    let post = event(&fixture, Trigger::PostConfirmation);
    assert_eq!(post["userName"], json!("acmeoidc_sub1"));
    assert_eq!(post["request"]["userAttributes"]["cognito:user_status"], json!("EXTERNAL_PROVIDER"));
    assert_eq!(post["request"]["userAttributes"]["email_verified"], json!("false"));
    let id = fixture.claims(&first.id_token).await;
    assert_eq!(id["cognito:groups"], json!([format!("{}_AcmeOidc", fixture.pool)]));
}
