//! The answers, as API Gateway gets them.

use std::collections::BTreeMap;

use authorizer::{LiveCheck, Response, TokenSource};
use serde_json::{Value, json};
use tenancy::TenantStatus;

use crate::support::*;

/// What is sent for an event, in a form to be kept.
fn kept(answer: Result<Value, String>) -> Value {
    answer.unwrap_or_else(|error| json!({ "errorMessage": error }))
}

/// A gateway that takes the token of a WebSocket from where this event has it.
fn for_event(mut gateway: Gateway, case: &str) -> Gateway {
    if case == "websocket-connect-query" {
        gateway.token_source = TokenSource::Query("access_token".to_owned());
    }
    gateway
}

#[tokio::test]
async fn each_form_gets_its_answer_for_a_member_a_bad_token_and_a_suspended_tenant() {
    let mut answers = BTreeMap::new();
    for case in EVENTS {
        let mut gateway = for_event(Gateway::new(), case);
        let good = event(case, &signed(&claims()));
        let allowed = kept(gateway.answer(&good).await);
        let refused =
            kept(gateway.answer(&event(case, &signed(&but(claims(), json!({ "tenant_id": null }))))).await);
        gateway.check = LiveCheck::Tenant;
        *gateway.table.tenant.lock().unwrap() = tenant(TenantStatus::Suspended);
        let denied = kept(gateway.answer(&good).await);
        *gateway.table.tenant.lock().unwrap() = Item::Silent;
        let unavailable = kept(gateway.answer(&good).await);
        let four =
            json!({ "allowed": allowed, "refused": refused, "denied": denied, "unavailable": unavailable });
        answers.insert(case, four);
    }

    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn an_http_api_without_simple_responses_gets_policies() {
    let mut gateway = Gateway::new();
    gateway.response = Response::Policy;
    let rest = gateway.answer(&event("http-1", &signed(&claims()))).await;

    assert_eq!(gateway.answer(&event("http-2", &signed(&claims()))).await, rest);
    assert_eq!(gateway.status("http-2", "nonsense").await, 403);
}

#[tokio::test]
async fn the_context_is_flat_text_and_has_no_name() {
    let rows = [
        ("a member", claims()),
        ("a machine", machine_claims()),
        ("roles as one text", but(claims(), json!({ "tenant_roles": "admin viewer" }))),
        ("groups of the pool", but(claims(), json!({ "cognito:groups": ["Größe", "a.b:c"] }))),
        ("an empty tier", but(claims(), json!({ "tenant_tier": "", "tenant_roles": [], "scope": "" }))),
    ];
    for (row, claims) in rows {
        for case in ["rest-request", "http-2"] {
            let answer = Gateway::new().answer(&event(case, &signed(&claims))).await.unwrap();

            let context = answer["context"].as_object().unwrap_or_else(|| panic!("{row}: {answer}"));
            assert_eq!(
                (&context["tenantId"], &context["exp"]),
                (&json!("acme"), &json!("1790000300")),
                "{row}"
            );
            for (name, value) in context {
                assert!(value.as_str().is_some_and(|value| !value.is_empty()), "{row}: {name} is {value}");
            }
            assert!(!answer.to_string().contains("anary"), "{row}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_machine_has_neither_roles_nor_groups() {
    let answer = Gateway::new().answer(&event("http-2", &signed(&machine_claims()))).await.unwrap();

    assert_eq!(
        answer["context"],
        json!({
            "tenantId": "acme", "tenantTier": "pro", "tenantFeatures": "sso", "sub": CLIENT, "userPoolId": POOL,
            "clientId": CLIENT, "tokenUse": "access", "scope": "orders/read tenancy/member", "exp": "1790000300",
        })
    );
}

#[tokio::test]
async fn a_context_over_8_kib_is_refused_and_not_cut() {
    let gateway = Gateway::new();
    let with_groups = |count: usize| {
        let groups: Vec<String> =
            (0..count).map(|number| format!("group-{number:03}-{}", "x".repeat(89))).collect();
        signed(&but(claims(), json!({ "cognito:groups": groups })))
    };
    // The largest context, found by its size in the answer.
    let answer = gateway.answer(&event("http-2", &with_groups(70))).await.unwrap();
    let bytes = answer["context"].to_string().len();
    let (room, one) = (8_192 - bytes, 100);
    let most = 70 + room / one;

    assert_eq!(gateway.status("rest-request", &with_groups(most)).await, 200, "{bytes}");
    assert_eq!(gateway.status("rest-request", &with_groups(most + 1)).await, 401);
    assert_eq!(gateway.status("http-2", &with_groups(most + 1)).await, 403);
    let concluded = gateway.conclude(&event("http-2", &with_groups(most + 1))).await;
    assert_eq!(concluded.verdict.ruling.told().reason, Some("too_large"));
}

#[tokio::test]
async fn a_missing_scope_is_forbidden_and_not_unauthorized() {
    let gateway = Gateway::with_rules(|rules| rules.scope("orders/write"));

    for case in ["rest-token", "rest-request", "websocket-connect", "http-1", "http-2"] {
        assert_eq!(gateway.status(case, &signed(&claims())).await, 403, "{case}");
    }
    let answer = gateway.answer(&event("rest-token", &signed(&claims()))).await.unwrap();
    assert_eq!(
        answer["policyDocument"]["Statement"][0]["Resource"],
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/*"
    );
}

/// API Gateway caches an answer for the token, and no error. So a token must not stay refused that may be good soon.
#[tokio::test]
async fn an_http_api_caches_no_refusal_that_may_pass() {
    let gateway = Gateway::new();
    let early = but(claims(), json!({ "iat": NOW_SECONDS + 31, "exp": NOW_SECONDS + 300 }));
    for token in [signed_as("another", &claims()), signed(&early)] {
        for case in ["http-1", "http-2"] {
            assert_eq!(gateway.answer(&event(case, &token)).await, Err("Unavailable".to_owned()), "{case}");
        }
        for case in ["rest-token", "rest-request", "websocket-connect"] {
            assert_eq!(gateway.answer(&event(case, &token)).await, Err("Unauthorized".to_owned()), "{case}");
        }
        let concluded = gateway.conclude(&event("http-2", &token)).await;
        assert_eq!(concluded.verdict.ruling.told().outcome, "refused", "no caller can set off the alarm");
    }
}

#[tokio::test]
async fn bad_tokens_are_not_told_apart() {
    let good = signed(&claims());
    let (rest, flipped) = good.split_at(good.len() - 2);
    let rows = [
        ("nothing", String::new()),
        ("no token", "nonsense".to_owned()),
        ("another signature", format!("{rest}{}", if flipped == "AA" { "BB" } else { "AA" })),
        ("40 KB", "x".repeat(40_000)),
        ("no tenant", signed(&but(claims(), json!({ "tenant_id": null })))),
        ("a malformed tenant", signed(&but(claims(), json!({ "tenant_id": "ACME" })))),
        (
            "another pool",
            signed(&but(
                claims(),
                json!({ "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other" }),
            )),
        ),
        ("another client", signed(&but(claims(), json!({ "client_id": "another" })))),
        ("an ID token", signed(&but(claims(), json!({ "token_use": "id", "aud": CLIENT })))),
        ("an expired token", signed(&but(claims(), json!({ "exp": NOW_SECONDS - 30 })))),
    ];

    let gateway = Gateway::new();
    for (row, token) in rows {
        let rest = gateway.answer(&event("rest-request", &token)).await;
        assert_eq!(rest, Err("Unauthorized".to_owned()), "{row}");
        assert_eq!(
            gateway.answer(&event("http-2", &token)).await,
            Ok(json!({ "isAuthorized": false })),
            "{row}"
        );
        let policy = gateway.answer(&event("http-1", &token)).await.unwrap();
        assert_eq!((&policy["principalId"], policy.get("context")), (&json!("refused"), None), "{row}");
    }
}
