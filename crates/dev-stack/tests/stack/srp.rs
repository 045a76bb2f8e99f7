//! `USER_SRP_AUTH`, which JavaScript clients use by default.

use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, ChallengeNameType};
use dev_stack::{ClientSettings, EventVersion, PoolSettings, StackOptions, Trigger};
use serde_json::{Value, json};

use crate::{
    fixture::{EMAIL, Fixture, PASSWORD, pool, refusal},
    srp_client::SrpUser,
};

fn wrong_password() -> (String, String) {
    ("NotAuthorizedException".to_owned(), "Incorrect username or password.".to_owned())
}

fn user(fixture: &Fixture) -> SrpUser<'_> {
    SrpUser { client_id: &fixture.client_id, secret: None, name: EMAIL, password: PASSWORD }
}

async fn confirmed(settings: PoolSettings, client: ClientSettings) -> Fixture {
    let fixture = Fixture::start_with(settings, client, StackOptions::default()).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    fixture
}

#[tokio::test]
async fn a_user_proves_the_password_without_sending_it() {
    let fixture = confirmed(pool(EventVersion::V2), ClientSettings::default()).await;

    let answer = user(&fixture).sign_in(&fixture.api, &fixture.pool).await.unwrap();

    let tokens = answer.authentication_result.expect("tokens");
    assert_eq!(fixture.claims(tokens.id_token().unwrap()).await["email"], json!(EMAIL));
    fixture.refresh(tokens.refresh_token().unwrap()).await.unwrap();
    let records = fixture.stack.cognito().trigger_records(&fixture.pool);
    let record = records.iter().find(|record| record.source == "TokenGeneration_Authentication").unwrap();
    let event: Value = serde_json::from_str(&record.event).unwrap();
    assert_eq!(event["request"]["clientMetadata"], json!({ "k": "proof" }));
}

#[tokio::test]
async fn a_wrong_proof_and_a_used_one_are_refused() {
    let fixture = confirmed(PoolSettings::default(), ClientSettings::default()).await;
    let wrong = SrpUser { password: "Correct-horse-2", ..user(&fixture) };

    assert_eq!(wrong.sign_in(&fixture.api, &fixture.pool).await.unwrap_err(), wrong_password());

    let right = user(&fixture);
    let asked = right.begin(&fixture.api).await.unwrap();
    right.prove(&fixture.api, &fixture.pool, &asked).await.unwrap();
    assert_eq!(right.prove(&fixture.api, &fixture.pool, &asked).await.unwrap_err(), wrong_password());
    let odd = fixture.api.respond_to_auth_challenge().client_id(&fixture.client_id);
    let odd = odd.challenge_name(ChallengeNameType::PasswordVerifier).challenge_responses("USERNAME", EMAIL);
    let odd = odd.challenge_responses("PASSWORD_CLAIM_SECRET_BLOCK", "QQ==");
    let odd = odd.challenge_responses("PASSWORD_CLAIM_SIGNATURE", "QQ==");
    let refused = refusal(odd.challenge_responses("TIMESTAMP", "today").send().await.unwrap_err());
    let format = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.";
    assert_eq!(refused, ("InvalidParameterException".to_owned(), format.to_owned()));
}

#[tokio::test]
async fn an_unknown_user_looks_like_a_known_one() {
    let fixture = confirmed(PoolSettings::default(), ClientSettings::default()).await;
    let nobody = SrpUser { name: "nobody@example.com", ..user(&fixture) };

    let (first, second) =
        (nobody.begin(&fixture.api).await.unwrap(), nobody.begin(&fixture.api).await.unwrap());

    let names = |answer: &Value| (answer["SALT"].clone(), answer["USER_ID_FOR_SRP"].clone());
    let [once, again] = [&first, &second].map(|answer| names(&json!(answer.challenge_parameters().unwrap())));
    assert_eq!(once, again);
    assert_eq!(once.1.as_str().unwrap().len(), 36, "{once:?}");
    let refused = nobody.prove(&fixture.api, &fixture.pool, &second).await.unwrap_err();
    assert_eq!(refused, wrong_password());

    let settings = ClientSettings { prevent_user_existence_errors: false, ..ClientSettings::default() };
    let legacy = fixture.stack.cognito().create_client(&fixture.pool, settings).unwrap();
    let refused = SrpUser { client_id: &legacy, ..nobody }.begin(&fixture.api).await.unwrap_err();
    assert_eq!(refused.0, "UserNotFoundException");
}

#[tokio::test]
async fn a_client_with_a_secret_sends_its_hash_with_every_step() {
    let fixture = confirmed(PoolSettings::default(), ClientSettings::default()).await;
    let settings = ClientSettings { secret: true, ..ClientSettings::default() };
    let cognito = fixture.stack.cognito();
    let client_id = cognito.create_client(&fixture.pool, settings).unwrap();
    let secret = cognito.client_secret(&fixture.pool, &client_id).unwrap();
    let user = SrpUser { client_id: &client_id, secret: Some(&secret), ..user(&fixture) };

    let tokens = user.sign_in(&fixture.api, &fixture.pool).await.unwrap().authentication_result.unwrap();

    let refresh = fixture.api.initiate_auth().client_id(&client_id).auth_flow(AuthFlowType::RefreshTokenAuth);
    let refresh = refresh.auth_parameters("REFRESH_TOKEN", tokens.refresh_token().unwrap());
    let refused = refusal(refresh.clone().send().await.unwrap_err());
    assert!(refused.1.ends_with("SECRET_HASH was not received"), "{refused:?}");
    let username = cognito.sub(&fixture.pool, EMAIL).unwrap();
    refresh.auth_parameters("SECRET_HASH", user.secret_hash(&username).unwrap()).send().await.unwrap();
    let exchange = fixture.api.get_tokens_from_refresh_token().client_id(&client_id);
    let exchange = exchange.refresh_token(tokens.refresh_token().unwrap());
    let refused = refusal(exchange.clone().send().await.unwrap_err());
    assert!(refused.1.starts_with("Unable to verify secret for client"), "{refused:?}");
    exchange.client_secret(&secret).send().await.unwrap();
    let none = SrpUser { secret: None, ..user }.begin(&fixture.api).await.unwrap_err();
    assert!(none.1.ends_with("is configured with secret but SECRET_HASH was not received"), "{none:?}");
    let wrong = SrpUser { secret: Some("wrong"), ..user }.begin(&fixture.api).await.unwrap_err();
    assert!(wrong.1.starts_with("Unable to verify secret hash for client"), "{wrong:?}");
    let sign_up = fixture.api.sign_up().client_id(&client_id).username("ben@example.com").password(PASSWORD);
    let hash = user.secret_hash("ben@example.com").unwrap();
    sign_up.secret_hash(hash).send().await.unwrap();
}

#[tokio::test]
async fn a_temporary_password_is_replaced_after_the_proof() {
    let fixture = confirmed(pool(EventVersion::V2), ClientSettings::default()).await;
    let create = fixture.api.admin_create_user().user_pool_id(&fixture.pool).username("dana@example.com");
    create.temporary_password("Temporary-1").send().await.unwrap();
    let dana = SrpUser { name: "dana@example.com", password: "Temporary-1", ..user(&fixture) };

    let asked = dana.sign_in(&fixture.api, &fixture.pool).await.unwrap();

    assert_eq!(asked.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
    let id = &asked.challenge_parameters().unwrap()["USER_ID_FOR_SRP"];
    let answer = fixture.api.respond_to_auth_challenge().client_id(&fixture.client_id);
    let answer = answer.challenge_name(ChallengeNameType::NewPasswordRequired);
    let answer = answer.set_session(asked.session.clone()).challenge_responses("USERNAME", id);
    let answer = answer.challenge_responses("NEW_PASSWORD", "Permanent-1").client_metadata("k", "new");
    assert!(answer.send().await.unwrap().authentication_result.is_some());
    let record = fixture.stack.cognito().last_record(&fixture.pool, Trigger::PreTokenGeneration).unwrap();
    assert_eq!(record.source, "TokenGeneration_NewPasswordChallenge");
    let dana = SrpUser { password: "Permanent-1", ..dana };
    dana.sign_in(&fixture.api, &fixture.pool).await.unwrap();
}

#[tokio::test]
async fn who_may_not_sign_in_gets_no_tokens_by_srp() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    assert_eq!(user(&fixture).begin(&fixture.api).await.unwrap_err().0, "UserNotConfirmedException");
    let (code, _) = fixture.start_auth(EMAIL, "Wrong-horse-1").await.unwrap_err();
    assert_eq!(code, "UserNotConfirmedException", "the password is not looked at");
    fixture.confirm().await.unwrap();

    let asked = user(&fixture).begin(&fixture.api).await.unwrap();
    let disable = fixture.api.admin_disable_user().user_pool_id(&fixture.pool).username(EMAIL);
    disable.send().await.unwrap();

    let refused = user(&fixture).prove(&fixture.api, &fixture.pool, &asked).await.unwrap_err();
    assert_eq!(refused.1, "User is disabled.");
    assert_eq!(fixture.start_auth(EMAIL, "Wrong-horse-1").await.unwrap_err(), wrong_password());
    fixture
        .stack
        .cognito()
        .patch_client(
            &fixture.pool,
            &fixture.client_id,
            json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"] }),
        )
        .unwrap();
    let refused = user(&fixture).begin(&fixture.api).await.unwrap_err();
    assert_eq!(refused.1, "USER_SRP_AUTH flow not enabled for this client");
}
