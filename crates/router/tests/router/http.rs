//! What holds for all answers: methods, bodies, caches, security headers.

use axum::body::Body;
use serde_json::json;

use crate::support::{Door, SHARED, get, post, request};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[tokio::test]
async fn what_is_not_served_is_told_as_a_problem_document() {
    let door = Door::new();
    let long = format!("{{\"code\":\"{}\"}}", "a".repeat(1_013));
    let longest = format!("{{\"code\":\"{}\"}}", "a".repeat(1_013));
    assert_eq!((long.len(), longest.len()), (1_024, 1_024));
    let rows = [
        (get(SHARED, "/nothing"), 404, "nothing"),
        (get(SHARED, "/v1/route/"), 404, "a slash more"),
        (get(SHARED, "//v1/route"), 404, "two slashes"),
        (get(SHARED, "/V1/route"), 404, "another case"),
        (get(SHARED, "/v1/tenants"), 404, "no public list"),
        (get("evil.example", "/nothing"), 421, "the host comes first"),
        (get(SHARED, "/start"), 405, "a form is sent"),
        (post("/v1/route", "text/plain", "{}"), 415, "another type"),
        (post("/v1/route", FORM, "code=acme"), 415, "a form"),
        (post("/v1/route", JSON, ""), 400, "no body"),
        (post("/v1/route", JSON, "{"), 400, "no JSON"),
        (post("/v1/route", JSON, "{}"), 400, "neither"),
        (post("/v1/route", JSON, r#"{"email":"a@b.c","code":"abc"}"#), 400, "both"),
        (post("/v1/route", JSON, r#"{"code":"abc","code":"abd"}"#), 400, "twice"),
        (post("/v1/route", JSON, r#"{"code":"abc","more":1}"#), 400, "a name more"),
        (post("/v1/route", JSON, r#"{"code":7}"#), 400, "a number"),
        (post("/v1/route", JSON, r#"{"code":null}"#), 400, "null"),
        (post("/v1/route", JSON, r#"["acme"]"#), 400, "a list"),
        (post("/v1/route", JSON, vec![b'"', 0xff, b'"']), 400, "no UTF-8"),
        (post("/v1/route", JSON, format!("{long} ")), 413, "a byte too long"),
        (post("/v1/route", JSON, longest), 200, "as long as it may be"),
        (post("/v1/route", "application/json; charset=utf-8", r#"{"code":"acme"}"#), 200, "a character set"),
        (post("/v1/route", "Application/JSON", r#"{"code":"acme"}"#), 200, "the type in another case"),
        (post("/start", JSON, "{}"), 415, "no form"),
        (post("/start", FORM, format!("q={}", "a".repeat(2_047))), 413, "a long form"),
        (post("/start", FORM, format!("q={}", "a".repeat(2_046))), 422, "as long as it may be"),
    ];

    for (request, status, row) in rows {
        let got = door.send(request).await;

        assert_eq!(got.status, status, "{row}");
        if status >= 400 && status != 422 {
            assert_eq!(got.header("content-type"), Some("application/problem+json"), "{row}");
            assert_eq!(got.json()["status"], status, "{row}");
            assert_eq!(got.header("cache-control"), Some("no-store"), "{row}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let door = Door::with(&[("PUBLIC_LIST", "on")]);
    let rows = [
        ("PUT", "/v1/route", "GET,HEAD,POST,OPTIONS"),
        ("POST", "/v1/tenants", "GET,HEAD,OPTIONS"),
        ("POST", "/", "GET,HEAD"),
        ("OPTIONS", "/", "GET,HEAD"),
        ("GET", "/start", "POST"),
        ("DELETE", "/healthz", "GET,HEAD"),
    ];

    for (method, path, allowed) in rows {
        let request = request(method, path).header("host", SHARED).body(Body::empty()).unwrap();
        let got = door.send(request).await;

        assert_eq!((got.status, got.header("allow")), (405, Some(allowed)), "{method} {path}");
        assert_eq!(got.json()["title"], "Method Not Allowed", "{method} {path}");
    }
}

#[tokio::test]
async fn a_health_check_reads_nothing_and_needs_no_host() {
    let door = Door::new();

    for host in [SHARED, "10.0.0.7", "acme.app.example.com"] {
        let got = door.get(host, "/healthz").await;
        assert_eq!((got.status, got.body.len()), (204, 0), "{host}");
    }

    assert!(door.table.read.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_request_that_names_two_hosts_or_none_is_refused() {
    let door = Door::new();
    let two = request("GET", "/v1/route").header("host", SHARED).header("host", "acme.app.example.com");
    let other = request("GET", "http://evil.example/v1/route").header("host", SHARED);
    let same = request("GET", "http://app.example.com:80/v1/route").header("host", SHARED);
    let none = request("GET", "/v1/route");

    for (request, status) in [(two, 421), (other, 421), (same, 200), (none, 421)] {
        let got = door.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(got.status, status);
    }
}

#[tokio::test]
async fn caches_keep_routes_for_a_minute_and_the_default_route_for_ten_seconds() {
    let door = Door::with(&[("PUBLIC_LIST", "on")]);
    let own = Some("public, max-age=60");
    let default = Some("public, max-age=10");
    let rows = [
        (get(SHARED, "/v1/route?slug=acme"), own),
        (get("acme.app.example.com", "/v1/route"), own),
        (get("initech.app.example.com", "/v1/route"), own),
        (get(SHARED, "/v1/route?slug=globex"), default),
        (get(SHARED, "/v1/route?slug=nobody"), default),
        (get("nobody.app.example.com", "/v1/route"), default),
        (get(SHARED, "/v1/route"), default),
        (get(SHARED, "/v1/tenants"), own),
        (get(SHARED, "/"), own),
        (post("/v1/route", JSON, json!({ "code": "acme" }).to_string()), Some("no-store")),
        (post("/v1/route", JSON, json!({ "code": "nobody" }).to_string()), Some("no-store")),
        (post("/start", FORM, "q=acme"), Some("no-store")),
        (post("/start", FORM, "q="), Some("no-store")),
        (get(SHARED, "/healthz"), Some("no-store")),
    ];

    for (request, expected) in rows {
        let row = format!("{} {:?}", request.uri(), request.headers());
        assert_eq!(door.send(request).await.header("cache-control"), expected, "{row}");
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let door = Door::new();
    let mut answers = Vec::new();
    for (host, path) in [
        (SHARED, "/"),
        (SHARED, "/v1/route"),
        (SHARED, "/healthz"),
        (SHARED, "/nothing"),
        (SHARED, "/start"),
        ("acme.app.example.com", "/"),
        ("evil.example", "/"),
    ] {
        answers.push(door.get(host, path).await);
    }
    answers.push(door.start("acme").await);
    answers.push(door.start("").await);
    *door.table.list.lock().unwrap() = crate::support::Item::Silent;
    door.table.cells.lock().unwrap().clear();
    answers.push(door.get(SHARED, "/v1/route").await);
    answers.push(door.start("acme").await);

    for (number, got) in answers.iter().enumerate() {
        let expected = [
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("vary", "Origin, Host"),
        ];
        for (name, value) in expected {
            assert_eq!(got.header(name), Some(value), "{number} {name}");
        }
        let policy = got.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'; style-src 'sha256-",
            "; form-action 'self' https://*.app.example.com https://www.example.com; ",
            "base-uri 'none'; frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{number} {policy}");
        }
    }
}

#[tokio::test]
async fn a_form_is_taken_from_our_own_page_alone() {
    let door = Door::new();
    let rows = [
        (None, 303),
        (Some("https://app.example.com"), 303),
        (Some("http://app.example.com"), 403),
        (Some("https://app.example.com:8443"), 403),
        (Some("https://acme.app.example.com"), 403),
        (Some("https://evil.example"), 403),
        (Some("https://app.example.com.evil.example"), 403),
        (Some("null"), 403),
        (Some(""), 403),
    ];

    for (origin, status) in rows {
        let mut request = post("/start", FORM, "q=acme");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        assert_eq!(door.send(request).await.status, status, "{origin:?}");
    }
    // What browsers send from a page with the referrer policy `no-referrer`.
    for (site, status) in [("same-origin", 303), ("same-site", 403), ("cross-site", 403), ("none", 403)] {
        let mut request = post("/start", FORM, "q=acme");
        request.headers_mut().insert("origin", "null".parse().unwrap());
        request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
        assert_eq!(door.send(request).await.status, status, "{site}");
    }
}

#[tokio::test]
async fn a_head_request_has_the_headers_of_a_get() {
    let door = Door::new();

    let head = request("HEAD", "/v1/route?slug=acme").header("host", SHARED).body(Body::empty()).unwrap();
    let (head, got) = (door.send(head).await, door.get(SHARED, "/v1/route?slug=acme").await);

    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("cache-control"), got.header("cache-control"));
}
