//! The gateway before an API: what an authorizer is asked, and what becomes of its answer.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::HeaderMap};
use dev_stack::{Api, ApiSettings, AuthorizerEvent, FunctionError, PoolSettings};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::fixture::{Fixture, http};

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod";

type Authorizer = fn(&Value) -> Result<Value, FunctionError>;

/// An API whose authorizer is a closure, before a backend that answers with the method, the path and the token.
struct Behind {
    fixture: Fixture,
    api: Api,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Behind {
    async fn start<F>(event: AuthorizerEvent, ttl: Duration, authorizer: F) -> Self
    where
        F: Fn(&Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    {
        let fixture = Fixture::start(PoolSettings::default()).await;
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let log = Arc::clone(&asked);
        fixture.add("authorizer", move |event| {
            log.lock().unwrap().push(event.clone());
            authorizer(&event)
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let backend = format!("http://{}", listener.local_addr().unwrap());
        let echo = |method: axum::http::Method, uri: axum::http::Uri, headers: HeaderMap, body: String| async move {
            format!("{method} {uri} {} {body}", headers["authorization"].to_str().unwrap())
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(echo)).await });
        let settings = ApiSettings { event, authorizer: "authorizer".to_owned(), ttl, backend };
        let api = Api::start(&fixture.stack, "eu-west-1", settings).await.unwrap();
        Self { fixture, api, asked }
    }

    async fn request(&self, method: &str, path: &str, token: Option<&str>) -> (u16, String) {
        let headers: Vec<_> = token.map(|token| ("authorization", token)).into_iter().collect();
        let (status, _, body) = http(method, &format!("{}{path}", self.api.url()), &headers, "text").await;
        (status, body)
    }

    fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

fn policy(effect: &str, resource: &str, context: &Value) -> Value {
    let statement = json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource });
    json!({
        "principalId": "ana", "policyDocument": { "Version": "2012-10-17", "Statement": [statement] }, "context": context,
    })
}

#[tokio::test]
async fn an_allowed_request_reaches_the_backend_unchanged() {
    let allow = |_: &Value| Ok(policy("Allow", &format!("{STAGE}/*"), &json!({ "tenantId": "acme" })));
    let behind = Behind::start(AuthorizerEvent::RestToken, Duration::ZERO, allow).await;

    let answer = behind.request("POST", "/orders/7?all=1", Some("Bearer t")).await;

    assert_eq!(answer, (200, "POST /orders/7?all=1 Bearer t text".to_owned()));
    assert_eq!(behind.api.last_context().unwrap()["tenantId"], "acme");
    let event = json!({
        "type": "TOKEN", "methodArn": format!("{STAGE}/POST/orders/7"), "authorizationToken": "Bearer t",
    });
    assert_eq!(behind.asked(), [event]);
}

#[tokio::test]
async fn without_the_header_the_authorizer_is_not_asked() {
    for event in [AuthorizerEvent::RestToken, AuthorizerEvent::Http2 { simple: true }] {
        let behind = Behind::start(event, Duration::ZERO, |_| Ok(json!({ "isAuthorized": true }))).await;

        assert_eq!(behind.request("GET", "/orders", None).await.0, 401);
        assert!(behind.asked().is_empty());
    }
}

#[tokio::test]
async fn a_cached_policy_is_judged_for_each_request_anew() {
    // The mistake that everybody makes once: a policy for the method that was asked.
    let narrow = |event: &Value| Ok(policy("Allow", event["methodArn"].as_str().unwrap(), &json!({})));
    let behind = Behind::start(AuthorizerEvent::RestRequest, Duration::from_mins(5), narrow).await;

    assert_eq!(behind.request("GET", "/orders", Some("Bearer t")).await.0, 200);
    assert_eq!(behind.request("GET", "/orders/7", Some("Bearer t")).await.0, 403);
    assert_eq!(behind.request("GET", "/orders/7", Some("Bearer u")).await.0, 200, "another token");
    assert_eq!(behind.asked().len(), 2);

    behind.api.flush_authorizers_cache();
    assert_eq!(behind.request("GET", "/orders/7", Some("Bearer t")).await.0, 200);
}

#[tokio::test]
async fn refusals_have_the_answers_of_api_gateway() {
    let http2 = AuthorizerEvent::Http2 { simple: true };
    let rows: [(&str, AuthorizerEvent, Authorizer, u16, &str); 9] = [
        (
            "deny",
            AuthorizerEvent::RestToken,
            |_| Ok(policy("Deny", "*", &json!({}))),
            403,
            r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
        ),
        (
            "no statement matches",
            AuthorizerEvent::RestToken,
            |_| Ok(policy("Allow", "arn:aws:execute-api:other", &json!({}))),
            403,
            r#"{"Message":"User is not authorized to access this resource"}"#,
        ),
        (
            "`Unauthorized`",
            AuthorizerEvent::RestToken,
            |_| Err(FunctionError::new("Refused", "Unauthorized")),
            401,
            r#"{"message":"Unauthorized"}"#,
        ),
        (
            "another error",
            AuthorizerEvent::RestToken,
            |_| Err(FunctionError::new("Refused", "Unavailable")),
            500,
            r#"{"message":null}"#,
        ),
        (
            "a list in the context",
            AuthorizerEvent::RestToken,
            |_| Ok(policy("Allow", "*", &json!({ "roles": ["admin"] }))),
            500,
            r#"{"message":null}"#,
        ),
        (
            "the simple answer at a REST API",
            AuthorizerEvent::RestToken,
            |_| Ok(json!({ "isAuthorized": true })),
            500,
            r#"{"message":null}"#,
        ),
        ("simple, no", http2, |_| Ok(json!({ "isAuthorized": false })), 403, r#"{"message":"Forbidden"}"#),
        (
            "`Unauthorized` at an HTTP API",
            http2,
            |_| Err(FunctionError::new("Refused", "Unauthorized")),
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
        (
            "a policy at an HTTP API with simple answers",
            http2,
            |_| Ok(policy("Allow", "*", &json!({}))),
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
    ];

    for (row, event, authorizer, status, body) in rows {
        let behind = Behind::start(event, Duration::from_mins(5), authorizer).await;
        let answer = behind.request("GET", "/orders", Some("Bearer t")).await;
        assert_eq!(answer, (status, body.to_owned()), "{row}");
        assert_eq!(behind.api.last_context(), None, "{row}: the backend was not called");
        behind.request("GET", "/orders", Some("Bearer t")).await;
        let is_cached = behind.asked().len() == 1;
        assert_eq!(is_cached, status == 403, "{row}: decisions are cached, errors are not");
        behind.fixture.stack.stop().await;
    }
}

#[tokio::test]
async fn an_http_api_sends_the_payload_of_its_version() {
    let allow = |_: &Value| Ok(policy("Allow", &format!("{STAGE}/*"), &json!({ "roles": ["admin"] })));
    let one = Behind::start(AuthorizerEvent::Http1, Duration::ZERO, allow).await;
    let two = Behind::start(AuthorizerEvent::Http2 { simple: false }, Duration::ZERO, allow).await;

    assert_eq!(one.request("GET", "/orders?page=2", Some("Bearer t")).await.0, 200);
    assert_eq!(two.request("GET", "/orders?page=2", Some("Bearer t")).await.0, 200);

    let (one, two) = (&one.asked()[0], &two.asked()[0]);
    assert_eq!((&one["version"], &one["identitySource"]), (&json!("1.0"), &json!("Bearer t")));
    assert_eq!(one["methodArn"], format!("{STAGE}/GET/orders"));
    assert_eq!((&two["version"], &two["identitySource"]), (&json!("2.0"), &json!(["Bearer t"])));
    assert_eq!(two["routeArn"], format!("{STAGE}/GET/orders"));
    assert_eq!(two["headers"]["authorization"], "Bearer t");
    for event in [one, two] {
        assert_eq!(event["queryStringParameters"], json!({ "page": "2" }));
    }
}
