//! Codes and refresh tokens at the token endpoint.

use dev_stack::{ClientSettings, FunctionError, Trigger};
use serde_json::{Value, json};

use super::{CALLBACK, app, base, code, fixture, fixture_of, redeem, token};
use crate::fixture::{EMAIL, event, http};

#[tokio::test]
async fn a_code_is_good_once_for_its_client_address_and_proof() {
    let fixture = fixture().await;
    let cognito = fixture.stack.cognito();
    let other = cognito.create_client(&fixture.pool, app()).unwrap();
    let elsewhere = format!("{CALLBACK}?cell=one");
    let rows = [
        ("code_verifier", "another", "invalid_grant"),
        ("code_verifier", "", "invalid_grant"),
        ("redirect_uri", &elsewhere, "unauthorized_client"),
        ("redirect_uri", "", "invalid_request"),
        ("client_id", &other, "invalid_grant"),
        ("client_secret", "none", "invalid_client"),
    ];
    for (name, value, error) in rows {
        let code = code(&fixture, &[]).await;
        let (status, answer) = redeem(&fixture, &code, &[(name, value)]).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{name}={value}");
        let description = (error == "unauthorized_client").then(|| json!("invalid_redirect"));
        assert_eq!(answer.get("error_description"), description.as_ref(), "{name}={value}");
        let (_, later) = redeem(&fixture, &code, &[]).await;
        let is_spent = later["error"] == json!("invalid_grant");
        assert_eq!(is_spent, !matches!(error, "invalid_request" | "invalid_client"), "{name}={value}");
    }

    let code = code(&fixture, &[]).await;
    assert_eq!(redeem(&fixture, &code, &[]).await.0, 200);
    let (status, again) = redeem(&fixture, &code, &[]).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let fixture = fixture().await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];

    let (status, answer) = redeem(&fixture, &code(&fixture, &without).await, &[]).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    let (status, _) = redeem(&fixture, &code(&fixture, &without).await, &[("code_verifier", "")]).await;
    assert_eq!(status, 200, "PKCE is optional");
}

#[tokio::test]
async fn refreshed_tokens_keep_the_scopes_of_the_sign_in() {
    let fixture = fixture().await;
    let (_, tokens) = redeem(&fixture, &code(&fixture, &[]).await, &[]).await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", fixture.client_id.as_str()),
        ("refresh_token", refresh_token),
    ];

    let (status, refreshed) = token(&fixture, &refresh).await;

    assert_eq!(status, 200, "{refreshed}");
    assert_eq!(refreshed.get("refresh_token"), None, "without rotation the old one stays");
    let access = fixture.claims(refreshed["access_token"].as_str().unwrap()).await;
    assert_eq!(access["scope"], json!("openid email"));
    let source = event(&fixture, Trigger::PreTokenGeneration)["triggerSource"].clone();
    assert_eq!(source, json!("TokenGeneration_RefreshTokens"));
    let by_api = fixture.refresh(refresh_token).await.unwrap();
    let access = fixture.claims(by_api.access_token().unwrap()).await;
    assert_eq!(access["scope"], json!("openid email"), "by InitiateAuth, too");
    fixture.add("pre", |_| Err(FunctionError::new("SUSPENDED", "No")));
    let (status, refused) = token(&fixture, &refresh).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_request")));
    assert_eq!(refused["error_description"], json!("PreTokenGenerationV2_0 failed with error No."));
    let (_, unknown) = token(&fixture, &[refresh[0], refresh[1], ("refresh_token", "none")]).await;
    assert_eq!(unknown["error"], json!("invalid_grant"));
    let (_, missing) = token(&fixture, &refresh[..2]).await;
    assert_eq!(missing["error"], json!("invalid_request"));
}

#[tokio::test]
async fn scopes_decide_on_the_id_token_and_what_is_in_it() {
    let api = "aws.cognito.signin.user.admin";
    let client = ClientSettings { scopes: vec!["openid".into(), "profile".into(), api.into()], ..app() };
    let fixture = fixture_of(client).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();

    let (_, tokens) = redeem(&fixture, &code(&fixture, &[("scope", api)]).await, &[]).await;
    assert_eq!(tokens.get("id_token"), None, "without openid: {tokens}");
    for (scope, shows_email) in [("openid", true), ("openid profile", false)] {
        let (_, tokens) = redeem(&fixture, &code(&fixture, &[("scope", scope)]).await, &[]).await;
        let claims = fixture.claims(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(claims.get("email").is_some(), shows_email, "{scope}");
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let url = format!("{}/oauth2/userInfo", base(&fixture));
        let (status, _, body) = http("GET", &url, &[("authorization", &bearer)], "").await;
        assert_eq!(status, 200);
        let info: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&info["sub"], info.get("email").is_some()), (&claims["sub"], shows_email), "{scope}");
    }
    let tokens = fixture.sign_in().await.unwrap();
    let bearer = format!("Bearer {}", tokens.access_token().unwrap());
    let url = format!("{}/oauth2/userInfo", base(&fixture));
    let (status, head, _) = http("GET", &url, &[("authorization", &bearer)], "").await;
    assert!(status == 401 && head.contains("invalid_token"), "a token without openid: {head}");
}

#[tokio::test]
async fn a_client_with_a_secret_needs_it() {
    let mut fixture = fixture().await;
    let cognito = fixture.stack.cognito().clone();
    let settings = ClientSettings { secret: true, ..app() };
    fixture.client_id = cognito.create_client(&fixture.pool, settings).unwrap();
    let secret = cognito.client_secret(&fixture.pool, &fixture.client_id).unwrap();

    let (status, refused) = redeem(&fixture, &code(&fixture, &[]).await, &[]).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_client")));
    let (status, _) = redeem(&fixture, &code(&fixture, &[]).await, &[("client_secret", &secret)]).await;
    assert_eq!(status, 200);
    let machine = [("grant_type", "client_credentials"), ("client_id", &fixture.client_id)];
    let (_, refused) = token(&fixture, &[machine[0], machine[1], ("client_secret", &secret)]).await;
    assert_eq!(refused["error"], json!("unauthorized_client"), "it is no machine");
}

#[tokio::test]
async fn who_was_disabled_since_gets_no_token_for_a_code() {
    let fixture = fixture().await;
    let code = code(&fixture, &[]).await;
    let disable = fixture.api.admin_disable_user().user_pool_id(&fixture.pool).username(EMAIL);
    disable.send().await.unwrap();

    let (status, answer) = redeem(&fixture, &code, &[]).await;

    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
}
