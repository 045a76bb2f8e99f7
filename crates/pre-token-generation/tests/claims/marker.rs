//! The marker scope is in an access token if, and only if, the token carries a tenant: with generated memberships, tenants,
//! bindings, events and settings.

use std::collections::BTreeMap;

use cognito_trigger::Outcome;
use memory::{Fault, Part, Store};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use tenancy::{ClientBindingMode, MembershipStatus, TenantStatus};

use crate::store::{bind, blocking, event, handled, member, store};

const MARKER: &str = "tenancy/member";

async fn outcome(store: &Store, settings: &BTreeMap<&str, &str>, event: &str) -> Outcome {
    handled(store, settings, event).await.outcome
}

/// The scopes of the access token that Cognito makes of an event and its answer, and its tenant.
fn access_token(event: &Value, answer: &Value) -> (Vec<String>, Option<String>) {
    let details = &answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"];
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let suppressed = texts(&details["scopesToSuppress"]);
    let mut scopes = [texts(&event["request"]["scopes"]), texts(&details["scopesToAdd"])].concat();
    scopes.retain(|scope| !suppressed.contains(scope));
    (scopes, details["claimsToAddOrOverride"]["tenant_id"].as_str().map(str::to_owned))
}

fn memberships() -> impl Strategy<Value = Vec<(&'static str, MembershipStatus)>> {
    let tenants = subsequence(vec!["acme", "globex"], 0..=2);
    (tenants, prop::collection::vec(select(MembershipStatus::ALL.to_vec()), 2))
        .prop_map(|(tenants, status)| tenants.into_iter().zip(status).collect())
}

fn stores() -> impl Strategy<Value = Store> {
    let status = select(TenantStatus::ALL.to_vec());
    let binding = prop::option::of((select(vec!["acme", "globex"]), select(ClientBindingMode::ALL.to_vec())));
    (memberships(), (status.clone(), status), binding, prop::bool::weighted(0.1)).prop_map(
        |(memberships, (acme, globex), binding, is_silent)| {
            let store = store(&[("acme", acme), ("globex", globex)], &memberships);
            if let Some((tenant, mode)) = binding {
                bind(&store, tenant, mode);
            }
            store.table().fault = is_silent.then_some((Part::Table, Fault::Fails("down")));
            store
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_marker_is_in_a_token_if_and_only_if_the_tenant_is(
        store in stores(),
        version in select(vec!["1", "2", "3"]),
        source in select(vec!["Authentication", "HostedAuth", "RefreshTokens", "ClientCredentials", "Other"]),
        is_machine: bool,
        scopes in subsequence(vec!["openid", "api/read", MARKER, "tenancy/members"], 0..=4),
        asked in prop::option::of(select(vec!["acme", "globex", "Initech"])),
        claims in select(vec!["", "id", "id,name,tier,roles"]),
        unbound in select(vec!["bare", "refuse"]),
        mode in select(vec!["enforce", "observe"]),
        pools in select(vec!["", "eu-west-1_Elsewhere"]),
    ) {
        let source = format!("TokenGeneration_{source}");
        let event = event(version, &source, is_machine, &scopes, asked);
        let settings = BTreeMap::from([
            ("MARKER_SCOPE", MARKER), ("UNBOUND_MACHINE", unbound), ("CLAIMS_ACCESS", claims), ("MODE", mode),
            ("USER_POOL_IDS", pools),
        ]);

        let text = event.to_string();
        // Without an answer there is no token.
        if let Ok(answer) = blocking(outcome(&store, &settings, &text)).into_answer(&text) {
            let answer: Value = serde_json::from_str(answer.get()).unwrap();
            let (scopes, tenant) = access_token(&event, &answer);
            let markers = scopes.iter().filter(|scope| *scope == MARKER).count();
            prop_assert_eq!(markers, usize::from(tenant.is_some()), "{} {}", event, answer);
        }
    }
}

/// A machine without a binding that has these scopes: the reason of the log line, or `passed`.
fn unbound_machine(settings: &[(&str, &str)], scopes: &Value) -> &'static str {
    let settings = settings.iter().copied().collect();
    let mut event = event("3", "TokenGeneration_ClientCredentials", true, &[], None);
    event["request"]["scopes"] = scopes.clone();
    let told = blocking(outcome(&Store::default(), &settings, &event.to_string())).told();
    if told.outcome == "denied" { told.reason.unwrap() } else { told.outcome }
}

#[test]
fn a_machine_without_a_tenant_never_gets_a_marker_that_it_asked_for() {
    let bare = &[("MARKER_SCOPE", MARKER)][..];
    let refuse = &[("MARKER_SCOPE", MARKER), ("UNBOUND_MACHINE", "refuse")][..];
    let rows = [
        (bare, json!(["api/read", MARKER]), "marker_requested"),
        (refuse, json!(["api/read", MARKER]), "marker_requested"),
        // Shapes that Cognito does not document must not hide the marker.
        (bare, json!(["api/read", null, 7, MARKER]), "marker_requested"),
        (bare, json!(format!("api/read {MARKER}")), "marker_requested"),
        (bare, json!(["api/read"]), "passed"),
        (bare, json!(["tenancy/members", "Tenancy/member"]), "passed"),
        (bare, json!(null), "passed"),
        (refuse, json!(["api/read"]), "unbound_machine"),
        (&[], json!(["api/read", MARKER]), "passed"),
    ];

    for (settings, scopes, expected) in rows {
        assert_eq!(unbound_machine(settings, &scopes), expected, "{settings:?} {scopes}");
    }
}

/// A user without a membership, in `MODE=observe`.
fn observed(event: &str) -> Outcome {
    blocking(outcome(
        &Store::default(),
        &BTreeMap::from([("MARKER_SCOPE", MARKER), ("MODE", "observe")]),
        event,
    ))
}

#[test]
fn observe_mode_takes_the_marker_from_a_token_without_a_tenant_and_changes_nothing_else() {
    let source = "TokenGeneration_Authentication";
    for version in ["2", "3"] {
        let mut expected = event(version, source, false, &["api/read", MARKER], None);
        let text = expected.to_string();
        expected["response"]["claimsAndScopeOverrideDetails"] = json!({ "accessTokenGeneration": {
            "claimsToAddOrOverride": {}, "claimsToSuppress": [], "scopesToAdd": [], "scopesToSuppress": [MARKER],
        } });

        let outcome = observed(&text);

        assert_eq!((outcome.told().outcome, outcome.told().reason), ("observed", Some("no_tenant")));
        let answer: Value = serde_json::from_str(outcome.into_answer(&text).unwrap().get()).unwrap();
        assert_eq!(answer, expected, "version {version}");
    }
}

#[test]
fn observe_mode_gives_every_event_without_the_marker_back_unchanged() {
    let user =
        |scopes: &[&str]| event("3", "TokenGeneration_Authentication", false, scopes, None).to_string();
    let rows = [
        user(&["api/read", "tenancy/members"]),
        user(&[]),
        event("1", "TokenGeneration_Authentication", false, &[], None).to_string(),
        "{}".to_owned(),
        r#"{"request":{"userAttributes":{"sub":"a","sub":"b"}}}"#.to_owned(),
    ];

    for event in rows {
        assert_eq!(observed(&event).into_answer(&event).unwrap().get(), event);
    }
}

#[test]
fn observe_mode_refuses_what_may_hide_the_marker() {
    let twice = [
        format!(r#"{{"version":"3","request":{{"scopes":[],"scopes":["{MARKER}"]}}}}"#),
        format!(r#"{{"version":"3","request":{{}},"request":{{"scopes":["{MARKER}"]}}}}"#),
        format!(r#"{{"version":"3","request":{{"scopes":["{MARKER}"]}},"response":{{}},"response":{{}}}}"#),
        "[]".to_owned(),
    ];

    for event in twice {
        assert!(observed(&event).into_answer(&event).is_err(), "{event}");
    }
}

#[test]
fn the_marker_counts_as_bytes_of_the_access_token() {
    let store = member();
    let event = event("2", "TokenGeneration_Authentication", false, &[], None).to_string();
    let long = format!("tenancy/{}", "x".repeat(128));
    let settings = BTreeMap::from([("CLAIM_BYTES_MAX", "250"), ("CLAIMS_ID", "id")]);
    let mut with_marker = settings.clone();
    with_marker.insert("MARKER_SCOPE", &long);

    assert_eq!(blocking(outcome(&store, &settings, &event)).told().outcome, "issued");
    assert_eq!(blocking(outcome(&store, &with_marker, &event)).told().reason, Some("claims_too_large"));
}
