//! What an HTTP caller gets from a service behind the layer.

use crate::support::*;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    routing::get,
};
use serde_json::json;
use tenant_token::{FixedKeys, Rules, TenantId, TenantLayer, TenantToken, Verifier};
use tower_service::Service as _;

async fn whose(token: TenantToken) -> String {
    format!("orders of {}", token.tenant())
}

fn service_by(rules: Rules, keys: FixedKeys) -> Router {
    let verifier = Verifier::new(rules, keys).unwrap();
    Router::new().route("/orders", get(whose)).layer(TenantLayer::new(verifier, now))
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn ask(mut service: Router, authorization: &[&str]) -> Answer {
    let request = Request::get("/orders");
    let request =
        authorization.iter().fold(request, |request, value| request.header(header::AUTHORIZATION, *value));
    let response = service.call(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

#[tokio::test]
async fn a_handler_gets_the_tenant_of_a_verified_token() {
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = ask(service_by(rules(), keys()), &[&format!("{scheme} {}", access_token())]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "orders of acme"), "{scheme}");
    }
}

#[tokio::test]
async fn a_request_without_a_token_is_asked_for_one() {
    let token = access_token();
    for authorization in [vec![], vec!["Basic YTpi"], vec!["Bearer"], vec![token.as_str()], vec![""]] {
        let answer = ask(service_by(rules(), keys()), &authorization).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization:?}");
        assert_eq!(
            answer.header(header::WWW_AUTHENTICATE),
            Some(r#"Bearer realm="api""#),
            "{authorization:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_token_is_401_and_the_caller_is_not_told_why() {
    let good = format!("Bearer {}", access_token());
    let changed = |changes| format!("Bearer {}", signed(&but(access_claims(), changes)));
    let rows = [
        ("malformed", vec!["Bearer abc".to_owned()]),
        ("two blanks", vec![good.replace(' ', "  ")]),
        ("expired", vec![changed(json!({ "exp": 1 }))]),
        ("no tenant", vec![changed(json!({ "tenant_id": null }))]),
        ("an ID token", vec![format!("Bearer {}", signed(&id_claims()))]),
        ("another client", vec![changed(json!({ "client_id": "other" }))]),
        ("two headers", vec![good.clone(), good.clone()]),
    ];

    for (row, authorization) in rows {
        let authorization: Vec<&str> = authorization.iter().map(String::as_str).collect();
        let answer = ask(service_by(rules(), keys()), &authorization).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{row}");
        assert_eq!(
            answer.header(header::WWW_AUTHENTICATE),
            Some(r#"Bearer realm="api", error="invalid_token""#),
            "{row}"
        );
        assert_eq!(answer.header(header::CONTENT_TYPE), Some("application/problem+json"), "{row}");
        assert_eq!(answer.header(header::CACHE_CONTROL), Some("no-store"), "{row}");
        assert_eq!(answer.body, r#"{"type":"about:blank","title":"Unauthorized","status":401}"#, "{row}");
    }
}

#[tokio::test]
async fn a_missing_scope_is_403_and_names_the_scopes() {
    let service = service_by(rules().scope("orders/write").scope("orders/read"), keys());

    let answer = ask(service, &[&format!("Bearer {}", access_token())]).await;

    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let challenge = r#"Bearer realm="api", error="insufficient_scope", scope="orders/read orders/write""#;
    assert_eq!(answer.header(header::WWW_AUTHENTICATE), Some(challenge));
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_503_so_that_apps_try_again() {
    let answer = ask(service_by(rules(), FixedKeys::new()), &[&format!("Bearer {}", access_token())]).await;

    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (answer.header(header::RETRY_AFTER), answer.header(header::WWW_AUTHENTICATE)),
        (Some("1"), None)
    );
    assert_eq!(answer.body, r#"{"type":"about:blank","title":"Service Unavailable","status":503}"#);
}

#[tokio::test]
async fn a_handler_without_the_layer_never_runs() {
    let bare = Router::new().route("/orders", get(whose));
    let answer = ask(bare, &[&format!("Bearer {}", access_token())]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);

    // Nor with the layer that lets tokens without a tenant in.
    let optional = Verifier::<Option<TenantId>>::tenant_optional(rules(), keys()).unwrap();
    let loose = Router::new().route("/orders", get(whose)).layer(TenantLayer::new(optional, now));
    let answer = ask(loose, &[&format!("Bearer {}", access_token())]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}
