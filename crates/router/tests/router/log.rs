//! What the log line says of a request.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use router::outcome::{LogEvent, Outcome};
use tokio::time::Instant;

use crate::support::{Door, Item, SHARED, get, post, request};

async fn outcome(door: &Door, request: Request) -> Outcome {
    door.door.conclude(request, Instant::now() + Duration::from_secs(3)).await.outcome
}

#[tokio::test]
async fn a_line_says_whose_route_it_was_from_which_cell_or_why_it_was_the_default() {
    let door = Door::new();
    let rows = [
        ("acme", "routed", None, "acme-silo", Some("acme")),
        ("globex", "default", None, "shared-1", Some("tenant-7")),
        ("nobody-at-all", "default", Some("no_slug"), "shared-1", None),
        ("gone", "default", Some("offboarded"), "shared-1", None),
    ];

    for (slug, kind, reason, cell, tenant) in rows {
        let form = post("/start", "application/x-www-form-urlencoded", format!("q={slug}"));
        let asked = get(SHARED, &format!("/v1/route?slug={slug}"));
        for request in [asked, form] {
            let Outcome { kind: got, reason: why, cause, event, cell: at, tenant: whose } =
                outcome(&door, request).await;
            assert_eq!((got.name(), why, cause, event), (kind, reason, None, None), "{slug}");
            assert_eq!(
                (at.unwrap().as_str(), whose.as_ref().map(tenancy::TenantId::as_str)),
                (cell, tenant),
                "{slug}"
            );
        }
    }
}

#[tokio::test]
async fn a_line_says_why_a_request_was_refused_or_failed() {
    let told = async |damage: Option<Item<_>>, request| {
        let door = Door::new();
        if let Some(item) = damage {
            door.table.residents.lock().unwrap().insert("acme".to_owned(), item);
        }
        let Outcome { kind, reason, cause, event, cell, tenant } = outcome(&door, request).await;
        assert_eq!((cell, tenant), (None, None));
        (kind.name(), reason, cause.is_some(), event)
    };
    let acme = || get(SHARED, "/v1/route?slug=acme");
    let damaged = ("unavailable", Some("data_damaged"), true, Some(LogEvent::DataIntegrity));

    assert_eq!(told(None, get(SHARED, "/nowhere")).await, ("refused", Some("not_found"), false, None));
    assert_eq!(told(None, get("evil.example", "/")).await, ("refused", Some("host"), false, None));
    assert_eq!(told(None, get(SHARED, "/")).await, ("served", None, false, None));
    assert_eq!(told(Some(Item::Damaged), acme()).await, damaged);
    assert_eq!(
        told(Some(Item::Silent), acme()).await,
        ("unavailable", Some("store_unavailable"), true, None)
    );
    assert_eq!(told(Some(Item::Panicking), acme()).await, ("unavailable", Some("panic"), false, None));
}

#[tokio::test]
async fn a_line_names_the_routes_that_there_are_and_no_other_path() {
    let door = Door::new();
    for (method, path, expected) in [
        ("GET", "/v1/route?slug=acme", Some("GET /v1/route")),
        ("HEAD", "/v1/route", Some("GET /v1/route")),
        ("POST", "/v1/route", Some("POST /v1/route")),
        ("GET", "/v1/tenants", Some("GET /v1/tenants")),
        ("GET", "/", Some("GET /")),
        ("POST", "/start", Some("POST /start")),
        ("GET", "/healthz", Some("GET /healthz")),
        ("GET", "/start", None),
        ("DELETE", "/v1/route", None),
        ("GET", "/ana@example.com", None),
    ] {
        let asked = request(method, path).header("host", SHARED).body(Body::empty()).unwrap();
        let concluded = door.door.conclude(asked, Instant::now() + Duration::from_secs(3)).await;
        assert_eq!(concluded.route, expected, "{method} {path}");
    }
}
