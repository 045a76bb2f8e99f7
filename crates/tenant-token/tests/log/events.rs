//! What the verifier logs.

use std::{cell::RefCell, io, sync::LazyLock};

use serde_json::{Value, json};
use tenant_token::{FixedKeys, Verifier};

use crate::support::*;

thread_local! {
    /// What was logged in this thread; each test has one.
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

static SUBSCRIBER: LazyLock<()> = LazyLock::new(|| {
    tracing_subscriber::fmt().json().with_writer(|| ThisThread).init();
});

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The fields of what is logged while one token is verified.
async fn logged(keys: FixedKeys, token: &str) -> Vec<Value> {
    LazyLock::force(&SUBSCRIBER);
    let _ = Verifier::new(rules(), keys).unwrap().verify(token, now()).await;
    let text = String::from_utf8(LINES.take()).unwrap();
    for part in token.split('.').filter(|part| part.len() > 10) {
        assert!(!text.contains(part), "a part of the token is in {text}");
    }
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["fields"].take()).collect()
}

#[tokio::test]
async fn a_refusal_is_one_event_with_its_reason_and_without_the_token() {
    let expired = signed(&but(access_claims(), json!({ "exp": 1 })));
    let forged = OTHER_KEY.sign(&header().to_string(), &access_claims().to_string());
    let stranger = signed(&but(access_claims(), json!({ "iss": "https://evil.example/p" })));
    let event = |reason: &str, message: &str| json!({ "event": "token.refused", "reason": reason, "message": message });
    let rows = [
        ("abcdefghijklmn", event("malformed", "the token is malformed: not three parts")),
        (&stranger, event("issuer", "the issuer is not accepted")),
        (&forged, but(event("signature", "the signature is wrong"), json!({ "issuer": ISSUER }))),
        (
            &expired,
            but(
                event("expired", "the token has expired"),
                json!({ "issuer": ISSUER, "sub": "3f0c8d1e-ana" }),
            ),
        ),
    ];

    for (token, fields) in rows {
        assert_eq!(logged(keys(), token).await, [fields]);
    }
    assert_eq!(logged(keys(), &access_token()).await, Vec::<Value>::new(), "an accepted token is no event");
}

#[tokio::test]
async fn a_failed_fetch_is_logged_with_its_url_and_cause() {
    let events = logged(FixedKeys::new(), &access_token()).await;

    assert_eq!(events[0]["event"], "keys.fetch_failed");
    assert_eq!(events[0]["url"], format!("{ISSUER}/.well-known/jwks.json"));
    assert_eq!(events[0]["error"], "no key set is known for this issuer");
    assert_eq!((events.len(), &events[1]["reason"]), (2, &json!("keys_unavailable")));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn another_scheme_than_bearer_is_malformed_and_no_header_is_no_event() {
    use axum::{Router, body::Body, http::Request, routing::get};
    use tower_service::Service as _;

    LazyLock::force(&SUBSCRIBER);
    let token = access_token();
    let malformed = ["Basic YTpi", "Bearer", "Bearer ", token.as_str()];
    let rows = malformed.map(|value| (value, "\"reason\":\"malformed\"")).into_iter().chain([("", "")]);

    for (value, logged) in rows {
        let layer = tenant_token::TenantLayer::new(Verifier::new(rules(), keys()).unwrap(), now);
        let mut service = Router::new().route("/", get(async || "in")).layer(layer);
        let request = Request::get("/").header("authorization", value).body(Body::empty()).unwrap();
        assert_eq!(service.call(request).await.unwrap().status(), 401, "{value}");
        let lines = String::from_utf8(LINES.take()).unwrap();
        assert!(lines.contains(logged) && lines.is_empty() == logged.is_empty(), "{value}: {lines}");
    }
}
