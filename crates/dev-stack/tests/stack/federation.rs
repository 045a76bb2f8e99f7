//! Users of an identity provider, after their first sign-in.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use dev_stack::{ClientSettings, EventVersion, Trigger, cognito::FederatedUser};
use serde_json::{Value, json};

use crate::common::{Fixture, PASSWORD, pool, refusal};

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
