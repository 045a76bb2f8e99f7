//! Whose scripts may read an answer. Everybody else gets the same answer without the headers.

use axum::body::Body;

use crate::support::{Door, SHARED, get, request};

const ALLOWED: &str =
    "https://www.example.com, https://*.app.example.com,http://localhost:5173,https://*.dev.example.com:8443";

const ORIGINS: [(&str, bool); 22] = [
    ("https://www.example.com", true),
    ("https://acme.app.example.com", true),
    ("http://localhost:5173", true),
    ("https://x.dev.example.com:8443", true),
    ("https://x.dev.example.com", false),
    ("https://app.example.com", false),
    ("https://a.b.app.example.com", false),
    ("https://.app.example.com", false),
    ("https://-.app.example.com", false),
    ("https://evil.example/.app.example.com", false),
    ("https://evil.example#.app.example.com", false),
    ("https://evil.example:443@x.app.example.com", false),
    ("https://evilapp.example.com", false),
    ("http://acme.app.example.com", false),
    ("https://acme.app.example.com:444", false),
    ("https://ACME.app.example.com", false),
    ("https://www.example.com.", false),
    ("https://www.example.com.evil.example", false),
    ("http://localhost:5174", false),
    ("null", false),
    ("*", false),
    ("", false),
];

#[tokio::test]
async fn an_allowed_origin_is_echoed_and_no_other_and_the_answer_is_the_same() {
    let door = Door::with(&[("ALLOWED_ORIGINS", ALLOWED)]);
    let without = door.get(SHARED, "/v1/route?slug=acme").await;

    for (origin, is_allowed) in ORIGINS {
        let mut request = get(SHARED, "/v1/route?slug=acme");
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let mut got = door.send(request).await;

        let echoed = got.headers.remove("access-control-allow-origin");
        assert_eq!(echoed.is_some_and(|echoed| echoed == origin), is_allowed, "{origin:?}");
        assert_eq!(got, without, "{origin:?}");
        assert!(!got.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test]
async fn a_preflight_tells_an_allowed_origin_what_it_may_send() {
    let door = Door::with(&[("ALLOWED_ORIGINS", ALLOWED), ("PUBLIC_LIST", "on")]);

    for path in ["/v1/route", "/v1/tenants"] {
        for (origin, is_allowed) in ORIGINS {
            let preflight = request("OPTIONS", path)
                .header("host", SHARED)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type");
            let got = door.send(preflight.body(Body::empty()).unwrap()).await;

            assert_eq!((got.status, got.body.len()), (204, 0), "{path} {origin:?}");
            let expected = [
                ("access-control-allow-origin", origin),
                ("access-control-allow-methods", "GET, POST"),
                ("access-control-allow-headers", "content-type"),
                ("access-control-max-age", "600"),
            ];
            for (name, value) in expected {
                assert_eq!(got.header(name), is_allowed.then_some(value), "{path} {origin:?} {name}");
            }
        }
    }
    assert!(door.table.read.lock().unwrap().is_empty(), "a preflight reads nothing");
}

#[tokio::test]
async fn problems_can_be_read_by_an_allowed_origin_and_the_page_by_none() {
    let door = Door::with(&[("ALLOWED_ORIGINS", ALLOWED)]);
    let rows =
        [("/v1/nothing", 404, true), ("/", 200, false), ("/healthz", 204, false), ("/nothing", 404, false)];

    for (path, status, is_readable) in rows {
        let mut request = get(SHARED, path);
        request.headers_mut().insert("origin", "https://www.example.com".parse().unwrap());
        let got = door.send(request).await;

        assert_eq!(got.status, status, "{path}");
        assert_eq!(got.header("access-control-allow-origin").is_some(), is_readable, "{path}");
    }
}

#[tokio::test]
async fn without_the_setting_no_origin_is_allowed() {
    let door = Door::new();
    let mut request = get(SHARED, "/v1/route");
    request.headers_mut().insert("origin", "https://www.example.com".parse().unwrap());

    let got = door.send(request).await;

    assert!(!got.headers.keys().any(|name| name.as_str().starts_with("access-control")));
    assert_eq!(got, door.get(SHARED, "/v1/route").await);
}
