//! 60 decisions. The answers were written by hand from docs/authorization.md: who is let in by which policy, or who is kept
//! out by which.

use cedar_tests::{CLAIMS, Policies, ask};
use serde_json::json;

use crate::support::{caller, claims, order, policies, schema, skipped, tokens, told};

/// Token, changed claims, the order's tenant and owner, action, decision with the policies that made it.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const FEATURE: &str = r#"{"tenant_features": ["refunds"]}"#;

const ROWS: &[Row] = &[
    // A viewer of acme reads, and changes their own orders.
    ("viewer", "{}", "acme", "bob", "read", "allow viewer"),
    ("viewer", "{}", "acme", "bob", "write", "deny"),
    ("viewer", "{}", "acme", "ana", "write", "allow owner"),
    ("viewer", "{}", "acme", "bob", "refund", "deny refunds"),
    ("viewer", "{}", "globex", "bob", "read", "deny isolation"),
    ("viewer", "{}", "globex", "ana", "write", "deny isolation"),
    ("viewer", "{}", "globex", "bob", "refund", "deny isolation refunds"),
    ("viewer", FEATURE, "acme", "bob", "refund", "deny"),
    ("viewer", FEATURE, "acme", "bob", "read", "allow viewer"),
    // An admin does everything in acme; refunds if acme has the feature.
    ("admin", "{}", "acme", "bob", "read", "allow admin"),
    ("admin", "{}", "acme", "bob", "write", "allow admin"),
    ("admin", "{}", "acme", "ana", "write", "allow admin owner"),
    ("admin", "{}", "acme", "bob", "refund", "deny refunds"),
    ("admin", FEATURE, "acme", "bob", "refund", "allow admin"),
    ("admin", r#"{"tenant_features": ["exports"]}"#, "acme", "bob", "refund", "deny refunds"),
    ("admin", r#"{"tenant_features": []}"#, "acme", "bob", "refund", "deny refunds"),
    ("admin", "{}", "globex", "bob", "read", "deny isolation"),
    ("admin", "{}", "globex", "bob", "write", "deny isolation"),
    ("admin", "{}", "globex", "ana", "write", "deny isolation"),
    ("admin", FEATURE, "globex", "bob", "refund", "deny isolation"),
    ("admin", "{}", "globex", "bob", "refund", "deny isolation refunds"),
    // Or if acme has the tier.
    ("admin, tier enterprise", "{}", "acme", "bob", "refund", "allow admin"),
    ("admin, tier enterprise", "{}", "globex", "bob", "refund", "deny isolation"),
    ("admin", r#"{"tenant_tier": null}"#, "acme", "bob", "read", "allow admin"),
    ("admin", r#"{"tenant_tier": null}"#, "acme", "bob", "refund", "deny refunds"),
    ("admin", r#"{"tenant_tier": "Enterprise"}"#, "acme", "bob", "refund", "deny refunds"),
    // A role that no policy names, and no role.
    ("guest", "{}", "acme", "bob", "read", "deny"),
    ("guest", "{}", "acme", "ana", "write", "allow owner"),
    ("guest", FEATURE, "acme", "bob", "refund", "deny"),
    ("no role", "{}", "acme", "bob", "read", "deny"),
    ("no role", "{}", "acme", "ana", "write", "allow owner"),
    // The same Ana, as an admin of globex.
    ("admin of globex", "{}", "acme", "bob", "read", "deny isolation"),
    ("admin of globex", "{}", "globex", "bob", "read", "allow admin"),
    ("admin of globex", "{}", "globex", "bob", "write", "allow admin"),
    ("admin of globex", "{}", "globex", "bob", "refund", "deny refunds"),
    ("admin of globex", FEATURE, "globex", "bob", "refund", "allow admin"),
    ("admin of globex", "{}", "acme", "ana", "write", "deny isolation"),
    // Machines: a scope instead of a role.
    ("machine", "{}", "acme", "bob", "read", "allow machine"),
    ("machine", "{}", "acme", "bob", "write", "deny"),
    ("machine", "{}", "acme", "machine", "write", "allow owner"),
    ("machine", "{}", "globex", "bob", "read", "deny isolation"),
    ("machine that writes", "{}", "acme", "bob", "read", "deny"),
    ("machine that writes", "{}", "acme", "machine", "write", "allow owner"),
    ("machine without a tenant", "{}", "acme", "bob", "read", "deny isolation"),
    ("machine without a tenant", "{}", "acme", "machine", "write", "deny isolation"),
    // Access tokens of event version 1, and those without the trigger, have no tenant.
    ("V1", "{}", "acme", "bob", "read", "deny isolation"),
    ("V1", "{}", "acme", "ana", "write", "deny isolation"),
    ("no trigger", "{}", "acme", "bob", "read", "deny isolation"),
    ("no trigger", "{}", "acme", "ana", "write", "deny isolation"),
    ("no trigger", "{}", "globex", "ana", "write", "deny isolation"),
    ("no trigger", FEATURE, "acme", "bob", "refund", "deny isolation"),
    // A claim is missing, or is almost the right one.
    ("admin", r#"{"tenant_id": null}"#, "acme", "bob", "read", "deny isolation"),
    ("admin", r#"{"tenant_roles": null}"#, "acme", "bob", "read", "deny"),
    ("admin", r#"{"tenant_roles": null}"#, "acme", "ana", "write", "allow owner"),
    ("admin", r#"{"scope": null}"#, "acme", "bob", "read", "allow admin"),
    ("viewer", r#"{"tenant_id": "Acme"}"#, "acme", "bob", "read", "deny isolation"),
    ("viewer", r#"{"tenant_id": "acme-2"}"#, "acme", "bob", "read", "deny isolation"),
    ("guest", r#"{"tenant_roles": ["Admin", "viewers"]}"#, "acme", "bob", "read", "deny"),
    ("guest", r#"{"scope": "orders/write orders/read"}"#, "acme", "bob", "read", "allow machine"),
    ("viewer", r#"{"tenant_roles": ["viewer", "admin"]}"#, "acme", "bob", "read", "allow admin viewer"),
];

#[test]
fn each_of_60_requests_is_decided_by_the_policies_that_it_should_be() {
    let (schema, policies) = (schema(), policies(&[]));
    let service = Policies::new(schema.clone(), policies.clone()).unwrap();
    assert_eq!(ROWS.len(), 60);

    for (token, changes, tenant, owner, action, expected) in ROWS {
        let (changed, order) = (serde_json::from_str(changes).unwrap(), order(tenant, owner));
        let response = ask(&policies, Some(&schema), &caller(token, &changed), action, &order).unwrap();

        let row = format!("{token}, {changes}: {action} an order of {owner} in {tenant}");
        assert_eq!(told(&response), *expected, "{row}");
        assert_eq!(skipped(&response), [""; 0], "{row}");
        let allowed = service.allow(&claims(token, &changed), action, &order);
        assert_eq!(allowed, expected.starts_with("allow"), "{row}");
    }
}

#[test]
fn no_token_reaches_an_order_of_another_tenant_whatever_claim_is_missing() {
    let service = Policies::new(schema(), policies(&[])).unwrap();
    let mut allowed = 0;

    for (name, token) in tokens() {
        for missing in CLAIMS.iter().copied().chain(["none"]) {
            let mut claims = token.clone();
            claims.remove(missing);
            claims.entry("tenant_features").or_insert(json!(["refunds"]));
            for (tenant, owner) in [("acme", "ana"), ("globex", "ana"), ("globex", "machine"), ("", "ana")] {
                for action in ["read", "write", "refund"] {
                    let let_in = service.allow(&claims, action, &order(tenant, owner));
                    let own = claims.get("tenant_id").is_some_and(|id| id == tenant);
                    assert!(own || !let_in, "{name} without {missing}: {action} in {tenant}");
                    allowed += usize::from(let_in);
                }
            }
        }
    }
    assert!(allowed > 100, "{allowed}");
}

#[test]
fn what_cannot_be_decided_is_refused() {
    let service = Policies::new(schema(), policies(&[])).unwrap();
    let order = order("acme", "bob");
    assert!(service.allow(&claims("admin", &json!({})), "read", &order));

    for (why, changes, action) in [
        ("roles as one text", json!({ "tenant_roles": "admin" }), "read"),
        ("no subject", json!({ "sub": null }), "read"),
        ("a claim that has the name of a prefix", json!({ "custom": "x" }), "read"),
        ("an unknown action", json!({}), "delete"),
    ] {
        assert!(!service.allow(&claims("admin", &changes), action, &order), "{why}");
    }
}
