//! Requests to the router, as an HTTP API of API Gateway hands them over (payload 2.0), by way to ask.

use serde_json::{Value, json};

use crate::items::{APART, DEFAULT_CELL, TENANT};
use crate::job::Job;

const SHARED: &str = "app.example.com";

/// The way of the router's row in the tables: the host of a tenant in a cell of its own.
pub(crate) const MAIN: &str = "router";

type Setting = (&'static str, String);

/// Each way to ask, and part of the right answer.
pub(crate) fn all(settings: &[Setting]) -> Vec<(&'static str, Job)> {
    let mut settings = settings.to_vec();
    for (name, value) in [
        ("DEFAULT_CELL", DEFAULT_CELL),
        ("HOST_SUFFIX", SHARED),
        ("APP_LOGIN_URL", "https://{slug}.app.example.com/login"),
        ("DEFAULT_LOGIN_URL", "https://app.example.com/login"),
        // A slow run must not read a route again.
        ("ROUTE_CACHE_SECONDS", "3600"),
    ] {
        settings.push((name, value.to_owned()));
    }
    let (shared, apart) = (r"eu-west-1_EXAMPLE01", r"eu-west-1_EXAMPLE02");
    let host = |slug: &str| format!("{slug}.{SHARED}");
    let by_slug = |slug: &str| get(SHARED, "/v1/route", &format!("slug={slug}"));
    [
        (MAIN, get(&host(APART), "/v1/route", ""), apart),
        ("router, host", get(&host(TENANT), "/v1/route", ""), shared),
        ("router, unknown host", get(&host("nobody"), "/v1/route", ""), shared),
        ("router, slug", by_slug(TENANT), shared),
        ("router, slug, another cell", by_slug(APART), apart),
        ("router, address", post(&json!({ "email": "ana@acme.com" })), shared),
        ("router, address, another cell", post(&json!({ "email": "ana@globex.com" })), apart),
        ("router, unknown address", post(&json!({ "email": "ana@nobody.com" })), shared),
        ("router, code", post(&json!({ "code": TENANT })), shared),
        ("router, start page", get(SHARED, "/", ""), "<title>Sign in</title>"),
    ]
    .map(|(name, event, expected)| (name, Job::new(&event.to_string(), expected, settings.clone())))
    .into()
}

fn get(host: &str, path: &str, query: &str) -> Value {
    event(("GET", host, path, query), &Value::Null)
}

fn post(body: &Value) -> Value {
    event(("POST", SHARED, "/v1/route", ""), &body.to_string().into())
}

fn event((method, host, path, query): (&str, &str, &str, &str), body: &Value) -> Value {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {
            "accept": "*/*", "accept-encoding": "gzip, deflate, br", "content-length": "0", "content-type": "application/json",
            "host": host, "user-agent": agent, "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "192.0.2.1", "x-forwarded-port": "443", "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": host, "domainPrefix": "a1b2c3d4e5",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": agent },
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": "$default",
            "time": "29/Nov/2026:05:30:00 +0000", "timeEpoch": 1_795_930_200_000_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
}
