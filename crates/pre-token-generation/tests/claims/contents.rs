//! What a token carries, and the limits of one token.

use std::collections::BTreeMap;

use cognito_trigger::Handled;
use function::Settings;
use memory::{Store, parsed};
use pre_token_generation::size::TokenSize;
use pre_token_generation::{Config, Mode};
use serde_json::{Value, json};
use tenancy::ClientBindingMode;

use crate::store::{self, acme, ana, bind, blocking, event, grant, handled};

const SIGN_IN: &str = "TokenGeneration_Authentication";
const ADMIN: &str = "arn:aws:iam::123456789012:role/acme-admin";

/// Ana is an active member of `acme`, which lists these groups for her role.
fn member(groups: usize, iam_role: Option<&str>) -> Store {
    let store = store::member();
    grant(&store, groups, iam_role);
    store
}

fn call(store: &Store, settings: &[(&str, &str)], event: &Value) -> Handled {
    blocking(handled(store, &settings.iter().copied().collect::<BTreeMap<_, _>>(), &event.to_string()))
}

fn response(store: &Store, settings: &[(&str, &str)], event: &Value) -> Value {
    let answer = call(store, settings, event).outcome.into_answer(&event.to_string()).unwrap();
    serde_json::from_str::<Value>(answer.get()).unwrap()["response"].take()
}

fn sign_in(version: &str) -> Value {
    event(version, SIGN_IN, false, &["openid"], None)
}

#[test]
fn both_tokens_carry_the_tenant_the_roles_and_the_groups() {
    let claims = json!({ "tenant_id": "acme", "tenant_name": "Acme", "tenant_tier": "pro", "tenant_roles": ["viewer"] });
    let mut of_id = claims.clone();
    of_id["custom:tenantId"] = json!("acme");
    let groups = json!({ "groupsToOverride": ["group-000"], "iamRolesToOverride": [] });

    let found = response(&member(1, None), &[("MARKER_SCOPE", "tenancy/member")], &sign_in("2"));

    let expected = json!({ "claimsAndScopeOverrideDetails": {
        "idTokenGeneration": { "claimsToAddOrOverride": of_id, "claimsToSuppress": [] },
        "accessTokenGeneration": {
            "claimsToAddOrOverride": claims, "claimsToSuppress": [], "scopesToAdd": ["tenancy/member"],
            "scopesToSuppress": [],
        },
        "groupOverrideDetails": groups,
    } });
    assert_eq!(found, expected);
    let of_v1 = response(&member(1, None), &[], &sign_in("1"));
    of_id["tenant_roles"] = json!("viewer");
    let expected = json!({ "claimsOverrideDetails": { "claimsToAddOrOverride": of_id, "groupOverrideDetails": groups } });
    assert_eq!(of_v1, expected);
}

#[test]
fn each_token_has_the_claims_that_are_selected_and_the_names_that_are_set() {
    let settings = [
        ("CLAIMS_ID", "id, name"),
        ("CLAIMS_ACCESS", "tier"),
        ("CLAIM_TENANT_ID", "org"),
        ("CLAIM_TENANT_TIER", "plan"),
        ("TENANT_ATTRIBUTE", "custom:org"),
    ];

    let found = response(&member(0, None), &settings, &sign_in("2"));

    let details = &found["claimsAndScopeOverrideDetails"];
    let id = json!({ "org": "acme", "tenant_name": "Acme", "custom:org": "acme" });
    assert_eq!(details["idTokenGeneration"]["claimsToAddOrOverride"], id);
    let access = json!({ "org": "acme", "plan": "pro" });
    assert_eq!(details["accessTokenGeneration"]["claimsToAddOrOverride"], access);
}

#[test]
fn the_pools_groups_are_replaced_or_kept() {
    let mut in_pool = sign_in("2");
    in_pool["request"]["groupConfiguration"] = json!({
        "groupsToOverride": ["group-000", "of-the-pool"], "iamRolesToOverride": [ADMIN], "preferredRole": ADMIN,
    });
    let mut the_same = sign_in("2");
    the_same["request"]["groupConfiguration"] =
        json!({ "groupsToOverride": ["group-000"], "iamRolesToOverride": [], "preferredRole": null });
    let keep = [("POOL_GROUPS", "keep")];
    let groups = |settings: &[(&str, &str)], event: &Value| {
        response(&member(1, None), settings, event)["claimsAndScopeOverrideDetails"]["groupOverrideDetails"]
            .take()
    };

    let dropped = json!({ "groupsToOverride": ["group-000"], "iamRolesToOverride": [] });
    assert_eq!(groups(&[], &in_pool), dropped);
    assert_eq!(groups(&[], &sign_in("2")), dropped, "the event does not list them");
    assert_eq!(groups(&[], &the_same), Value::Null, "nothing changes");
    let no_roles = member(0, None);
    no_roles.table().users.get_mut(&ana()).unwrap().memberships[0].roles.clear();
    let emptied =
        response(&no_roles, &[], &sign_in("2"))["claimsAndScopeOverrideDetails"]["groupOverrideDetails"]
            .take();
    assert_eq!(
        emptied,
        json!({ "groupsToOverride": [], "iamRolesToOverride": [] }),
        "groups that are not listed go, too"
    );
    assert_eq!(groups(&keep, &in_pool), Value::Null, "ours are among them");
    let mut others = in_pool.clone();
    others["request"]["groupConfiguration"]["groupsToOverride"] = json!(["of-the-pool"]);
    let both = json!({
        "groupsToOverride": ["of-the-pool", "group-000"], "iamRolesToOverride": [ADMIN], "preferredRole": ADMIN,
    });
    assert_eq!(groups(&keep, &others), both);
}

#[test]
fn an_iam_role_goes_out_if_the_setting_allows_it() {
    let store = member(1, Some(ADMIN));
    let allowed = [("IAM_ROLE_ALLOWLIST", "arn:aws:iam::123456789012:role/*")];

    let groups =
        response(&store, &allowed, &sign_in("2"))["claimsAndScopeOverrideDetails"]["groupOverrideDetails"]
            .take();
    let (admitted, left_out) = (call(&store, &allowed, &sign_in("2")), call(&store, &[], &sign_in("2")));

    let expected =
        json!({ "groupsToOverride": ["group-000"], "iamRolesToOverride": [ADMIN], "preferredRole": ADMIN });
    assert_eq!(groups, expected);
    assert_eq!((admitted.iam_roles_left_out, left_out.iam_roles_left_out), (0, 1));
    assert_eq!(left_out.outcome.told().outcome, "issued", "the token goes out without it");
}

#[test]
fn a_machines_token_has_the_tenant_and_no_roles() {
    let store = member(1, None);
    bind(&store, "acme", ClientBindingMode::Machine);
    let machine = event("3", "TokenGeneration_ClientCredentials", true, &["api/read"], None);

    let found = response(&store, &[("MARKER_SCOPE", "tenancy/member")], &machine);

    let claims = json!({ "tenant_id": "acme", "tenant_name": "Acme", "tenant_tier": "pro" });
    let expected = json!({ "claimsAndScopeOverrideDetails": { "accessTokenGeneration": {
        "claimsToAddOrOverride": claims, "claimsToSuppress": [], "scopesToAdd": ["tenancy/member"],
        "scopesToSuppress": [],
    } } });
    assert_eq!(found, expected);
    let handled = call(&store, &[], &machine);
    assert_eq!(handled.tenant.as_ref().map(tenancy::TenantId::as_str), Some("acme"));
}

#[test]
fn a_token_is_issued_up_to_its_limits_and_refused_beyond() {
    let reason = |store: &Store, bytes: usize| {
        let bytes = bytes.to_string();
        call(store, &[("CLAIM_BYTES_MAX", &bytes)], &sign_in("2")).outcome.told().reason
    };
    let bytes = call(&member(1, None), &[], &sign_in("2")).claim_bytes.unwrap();

    assert_eq!(reason(&member(1, None), bytes), None);
    assert_eq!(reason(&member(1, None), bytes - 1), Some("claims_too_large"));
    assert_eq!(reason(&member(100, None), 4_096), None);
    assert_eq!(reason(&member(101, None), 4_096), Some("claims_too_large"));
    let refused = call(&member(101, None), &[], &sign_in("2"));
    assert_eq!(refused.tenant.map(|tenant| tenant.to_string()).as_deref(), Some("acme"), "the log names it");
}

#[test]
fn what_could_never_be_issued_is_refused_before_it_is_stored() {
    let config = |bytes: usize| {
        let lookup = |name: &str| (name == "CLAIM_BYTES_MAX").then(|| bytes.to_string());
        Config::read(&mut Settings::new(&lookup))
    };
    let size = |groups: usize| {
        let tenant = member(groups, None).table().tenants[&acme()].clone();
        TokenSize::of(&config(4_096), &tenant, &[parsed("viewer")]).unwrap()
    };
    let refusal = |groups: usize, bytes| size(groups).refusal(&config(bytes)).unwrap_or_default();

    let issued = call(&member(1, None), &[], &sign_in("2")).claim_bytes.unwrap();
    assert_eq!((size(1).bytes, size(1).groups, TokenSize::MOST_GROUPS), (issued, 1, 100));
    assert_eq!(refusal(1, issued), "");
    assert!(refusal(1, issued - 1).contains("(CLAIM_BYTES_MAX)"));
    assert_eq!(refusal(100, 4_096), "");
    assert!(refusal(101, 4_096).contains("101 groups"));
}

#[test]
fn by_default_a_tenant_is_cached_for_30_seconds_and_for_10_minutes_more_in_an_outage() {
    let cache = Config::read(&mut Settings::new(&|_| None)).cache;

    assert_eq!((cache.fresh_for.as_secs(), cache.stale_for.as_secs()), (30, 600));
}

#[test]
fn the_function_starts_with_a_table_and_its_settings() {
    let lookup = |name: &str| match name {
        "TENANCY_TABLE" => Some("tenancy".to_owned()),
        "MODE" => Some("observe".to_owned()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("invented".to_owned()),
        _ => None,
    };

    let (config, table, _) = Config::of_function(&lookup).unwrap();
    let faults =
        |lookup: &dyn Fn(&str) -> Option<String>| Config::of_function(lookup).err().unwrap().to_string();
    let told = faults(&|_| None);

    assert_eq!((config.mode, table.as_str(), config.claim_bytes_max), (Mode::Observe, "tenancy", 4_096));
    assert!(told.contains("TENANCY_TABLE is not set"), "{told}");
    let same = |name: &str| matches!(name, "CLAIM_TENANT_ID" | "CLAIM_TENANT_NAME").then(|| "org".to_owned());
    let told = faults(&same);
    assert!(told.contains("CLAIM_TENANT_NAME is `org`, the same as CLAIM_TENANT_ID"), "{told}");
    let bad = |name: &str| match name {
        "CLAIMS_ID" => Some("id,email".to_owned()),
        "MARKER_SCOPE" => Some("no scope".to_owned()),
        _ => None,
    };
    let told = faults(&bad);
    assert!(told.contains("CLAIMS_ID has `email`") && told.contains("MARKER_SCOPE is not usable"), "{told}");
}
