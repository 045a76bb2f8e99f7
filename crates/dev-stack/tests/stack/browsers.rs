//! What browsers need: CORS, on the API and on the key set.

use dev_stack::PoolSettings;

use crate::fixture::{Fixture, http};

const ORIGIN: (&str, &str) = ("origin", "http://localhost:5173");

#[tokio::test]
async fn any_origin_may_call_and_read_the_answer() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let url = format!("{}/", fixture.stack.endpoints().cognito);
    let asks = ("access-control-request-method", "POST");
    let headers =
        ("access-control-request-headers", "cache-control,content-type,x-amz-target,x-amz-user-agent");

    let (status, head, body) = http("OPTIONS", &url, &[ORIGIN, asks, headers], "").await;

    assert_eq!((status, body.as_str()), (200, ""), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let allowed = head.lines().find_map(|line| line.strip_prefix("access-control-allow-headers: ")).unwrap();
    let allowed: Vec<_> = allowed.split(", ").collect();
    for name in [
        "content-type",
        "x-amz-target",
        "x-amz-user-agent",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "cache-control",
    ] {
        assert!(allowed.contains(&name), "{name}: {allowed:?}");
    }

    let (_, head, body) = http("POST", &url, &[ORIGIN], "{}").await;
    assert!(body.contains("UnknownOperationException"), "{body}");
    assert!(head.contains("access-control-allow-origin: *"), "an error can be read too: {head}");
    assert!(head.contains("access-control-expose-headers: "), "{head}");
    let keys = fixture.stack.cognito().jwks_url(&fixture.pool);
    let (status, head, _) = http("GET", &keys, &[ORIGIN], "").await;
    assert_eq!(status, 200);
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
}

#[tokio::test]
async fn nobody_else_notices() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let url = format!("{}/", fixture.stack.endpoints().cognito);

    let (status, head, _) = http("OPTIONS", &url, &[], "").await;
    assert_eq!(status, 405, "not a preflight: {head}");
    let (_, head, _) = http("POST", &url, &[], "{}").await;
    assert!(!head.contains("access-control"), "{head}");
}
