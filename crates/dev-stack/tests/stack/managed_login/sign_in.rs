//! Signing in and out with a browser.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dev_stack::{ClientSettings, EventVersion, FunctionError, PoolSettings, StackOptions, Trigger};
use ring::digest;
use serde_json::json;

use super::{CALLBACK, GOODBYE, app, authorize, base, fixture, log_in, redeem};
use crate::{
    browser::Browser,
    fixture::{EMAIL, Fixture, event, pool},
};

#[tokio::test]
async fn a_browser_signs_in_and_the_app_gets_tokens() {
    let fixture = fixture().await;
    let mut browser = Browser::default();

    let answer = log_in(&fixture, &mut browser, &authorize(&fixture, &[])).await;

    assert_eq!(answer.status, 302);
    let told = answer.told(CALLBACK);
    assert_eq!(told["state"], "s+t/a=te&x");
    let (status, tokens) = redeem(&fixture, &told["code"], &[]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let access_token = tokens["access_token"].as_str().unwrap();
    let id = fixture.claims(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(id["iss"], json!(fixture.stack.cognito().issuer(&fixture.pool)));
    assert_eq!((&id["aud"], &id["nonce"]), (&json!(fixture.client_id), &json!("the nonce")));
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    assert_eq!(id["at_hash"], json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])));
    assert_eq!(id["email"], json!(EMAIL));
    let access = fixture.claims(access_token).await;
    assert_eq!((&access["scope"], &access["version"]), (&json!("openid email"), &json!(2)));
    let event = event(&fixture, Trigger::PreTokenGeneration);
    assert_eq!(event["triggerSource"], json!("TokenGeneration_HostedAuth"));
    assert_eq!(event["request"]["scopes"], json!(["openid", "email"]));
    assert_eq!(event["request"].get("clientMetadata"), None);
}

#[tokio::test]
async fn a_session_of_the_browser_is_good_at_every_client_of_the_pool() {
    let mut fixture = fixture().await;
    let mut browser = Browser::default();
    let first = log_in(&fixture, &mut browser, &authorize(&fixture, &[])).await.told(CALLBACK);
    let (_, tokens) = redeem(&fixture, &first["code"], &[]).await;
    let signed_in = fixture.claims(tokens["id_token"].as_str().unwrap()).await["auth_time"].clone();
    let first_client = fixture.client_id.clone();
    fixture.client_id = fixture.stack.cognito().create_client(&fixture.pool, app()).unwrap();

    for changes in [&[][..], &[("prompt", "none")]] {
        let told = browser.get(&authorize(&fixture, changes)).await.told(CALLBACK);
        let (status, tokens) = redeem(&fixture, &told["code"], &[]).await;
        assert_eq!(status, 200, "without a password: {tokens}");
        let claims = fixture.claims(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!((&claims["aud"], &claims["auth_time"]), (&json!(fixture.client_id), &signed_in));
    }
    assert_ne!(first_client, fixture.client_id);
    let page = browser.open(&base(&fixture), &authorize(&fixture, &[("prompt", "login")])).await;
    assert!(page.body.contains("type=\"password\""), "asked again: {}", page.body);
    let stranger = Browser::default().get(&authorize(&fixture, &[("prompt", "none")])).await;
    assert_eq!(stranger.told(CALLBACK)["error"], "login_required");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_leads_to_registered_addresses_alone() {
    let fixture = fixture().await;
    let base = base(&fixture);
    let mut browser = Browser::default();
    log_in(&fixture, &mut browser, &authorize(&fixture, &[])).await;
    let client = &fixture.client_id;

    for address in ["http://evil.localhost/", "//evil.localhost", "http://app.localhost:3000/goodbye/"] {
        let refused = browser.get(&format!("{base}/logout?client_id={client}&logout_uri={address}")).await;
        assert_eq!((refused.status, refused.location()), (400, None), "{address}");
    }
    assert!(browser.has_cookie("cognito"), "a refusal ends nothing");
    let out = browser.get(&format!("{base}/logout?client_id={client}&logout_uri={GOODBYE}")).await;

    assert_eq!((out.status, out.location().as_deref()), (302, Some(GOODBYE)));
    assert!(!browser.has_cookie("cognito"));
    let told = browser.get(&authorize(&fixture, &[("prompt", "none")])).await.told(CALLBACK);
    assert_eq!(told["error"], "login_required");
    log_in(&fixture, &mut browser, &authorize(&fixture, &[])).await;
    let again = browser.get(&authorize(&fixture, &[]).replace("/oauth2/authorize", "/logout")).await;
    assert!(again.location().unwrap().starts_with("/login?"), "to sign in as another user");
}

#[tokio::test]
async fn a_provider_is_gone_to_directly_and_its_session_is_its_own() {
    let settings = PoolSettings { domain: Some("acme".to_owned()), ..pool(EventVersion::V2) };
    let client = ClientSettings { providers: vec!["AcmeOkta".to_owned()], ..app() };
    let fixture = Fixture::start_with(settings, client, StackOptions::default()).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    let cognito = fixture.stack.cognito();
    let described = json!({ "ProviderType": "SAML", "IdpIdentifiers": ["acme.com"] });
    cognito.patch_identity_provider(&fixture.pool, "AcmeOkta", described).unwrap();
    let base = base(&fixture);

    for name in [("identity_provider", "AcmeOkta"), ("idp_identifier", "acme.com")] {
        let mut browser = Browser::default();
        let url = authorize(&fixture, &[name, ("login_hint", "ana@acme.com")]);
        let page = browser.open(&base, &url).await;
        assert!(page.body.contains("<strong>AcmeOkta</strong>"), "{}", page.body);
        assert!(page.body.contains("value=\"ana@acme.com\""), "{}", page.body);
        let done = browser.submit(&base, &page, &[("email", "ana@acme.com")]).await;
        assert_eq!(redeem(&fixture, &done.told(CALLBACK)["code"], &[]).await.0, 200);
        let attributes = event(&fixture, Trigger::PreTokenGeneration)["request"]["userAttributes"].clone();
        assert_eq!(attributes["cognito:user_status"], json!("EXTERNAL_PROVIDER"));
        assert_eq!(attributes["email"], json!("ana@acme.com"));
        let again = browser.get(&url).await.told(CALLBACK);
        assert!(again.contains_key("code"), "by the session");
    }

    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    let mut browser = Browser::default();
    let page = browser.open(&base, &authorize(&fixture, &[])).await;
    assert!(page.body.contains("Continue with AcmeOkta"), "{}", page.body);
    log_in(&fixture, &mut browser, &authorize(&fixture, &[])).await;
    let page = browser.open(&base, &authorize(&fixture, &[("identity_provider", "AcmeOkta")])).await;
    assert!(page.body.contains("<strong>AcmeOkta</strong>"), "a password is another way to sign in");
    fixture.add("pre", |_| Err(FunctionError::new("NO_TENANT", "No")));
    let told = browser.submit(&base, &page, &[("email", "eve@acme.com")]).await.told(CALLBACK);
    let error = (told["error"].as_str(), told["error_description"].as_str());
    assert_eq!(error, ("invalid_request", "PreTokenGenerationV2_0 failed with error No."));
}
