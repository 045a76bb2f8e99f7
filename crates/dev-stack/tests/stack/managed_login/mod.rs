//! The login pages of a pool, as a browser and an app see them.

mod refusals;
mod sign_in;
mod sign_up;
mod tokens;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dev_stack::{ClientSettings, EventVersion, PoolSettings, StackOptions};
use form_urlencoded::Serializer;
use ring::digest;
use serde_json::Value;

use crate::{
    browser::{Answer, Browser},
    fixture::{EMAIL, Fixture, PASSWORD, http, pool},
};

const CALLBACK: &str = "http://app.localhost:3000/callback";
const GOODBYE: &str = "http://app.localhost:3000/goodbye";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(crate) fn app() -> ClientSettings {
    ClientSettings {
        callback_urls: vec![CALLBACK.to_owned(), format!("{CALLBACK}?cell=one")],
        logout_urls: vec![GOODBYE.to_owned()],
        ..ClientSettings::default()
    }
}

pub(crate) async fn fixture_of(client: ClientSettings) -> Fixture {
    let settings = PoolSettings { domain: Some("acme".to_owned()), ..pool(EventVersion::V2) };
    let fixture = Fixture::start_with(settings, client, StackOptions::default()).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture
}

/// A pool with a domain, an app, and Ana.
pub(crate) async fn fixture() -> Fixture {
    let fixture = fixture_of(app()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    fixture
}

pub(crate) fn base(fixture: &Fixture) -> String {
    fixture.stack.cognito().login_url(&fixture.pool).unwrap()
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

/// The address of a good request, with `changes` in it: an empty value takes a parameter away.
pub(crate) fn authorize(fixture: &Fixture, changes: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut parameters = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", fixture.client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("state", "s+t/a=te&x"),
        ("nonce", "the nonce"),
        ("scope", "openid email"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    parameters.extend(changes.iter().copied());
    parameters.retain(|_, value| !value.is_empty());
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{}/oauth2/authorize?{query}", base(fixture))
}

pub(crate) async fn log_in(fixture: &Fixture, browser: &mut Browser, url: &str) -> Answer {
    let page = browser.open(&base(fixture), url).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser.submit(&base(fixture), &page, &[("username", EMAIL), ("password", PASSWORD)]).await
}

/// POSTs to the token endpoint, without credentials in a header.
pub(crate) async fn token(fixture: &Fixture, fields: &[(&str, &str)]) -> (u16, Value) {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", "http://app.localhost:3000")];
    let (status, head, body) =
        http("POST", &format!("{}/oauth2/token", base(fixture)), &headers, &form).await;
    assert!(head.contains("access-control-allow-origin: *"), "browsers may read it: {head}");
    (status, serde_json::from_str(&body).unwrap())
}

pub(crate) async fn redeem(fixture: &Fixture, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
    let mut fields = BTreeMap::from([
        ("grant_type", "authorization_code"),
        ("client_id", fixture.client_id.as_str()),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    fields.extend(changes.iter().copied());
    fields.retain(|_, value| !value.is_empty());
    token(fixture, &fields.into_iter().collect::<Vec<_>>()).await
}

/// A new code, from a browser of its own.
pub(crate) async fn code(fixture: &Fixture, changes: &[(&str, &str)]) -> String {
    let answer = log_in(fixture, &mut Browser::default(), &authorize(fixture, changes)).await;
    answer.told(CALLBACK)["code"].clone()
}
