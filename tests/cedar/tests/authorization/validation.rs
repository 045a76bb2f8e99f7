//! What the strict validator takes and refuses, with the schema of `infra/cedar`.

use cedar_policy::{Policy, PolicySet, Schema, ValidationMode, Validator};
use cedar_tests::{CLAIMS, Policies};

use crate::support::{policies, read, schema, texts};

/// The isolation as it is often written: it asks for no claim before it reads one.
pub(crate) const UNGUARDED: &str =
    "forbid (principal, action, resource) unless { context.token.tenant_id == resource.tenant };";

/// What the validator says; nothing if it has no complaint.
fn complaints(schema: Schema, policy: &str) -> String {
    let policy = Policy::parse(None, policy).unwrap();
    Policies::new(schema, PolicySet::from_policies([policy]).unwrap()).err().unwrap_or_default()
}

#[test]
fn the_policies_pass_without_a_warning() {
    Policies::new(schema(), policies(&[])).unwrap();
}

#[test]
fn each_guard_of_the_policies_is_needed() {
    let guards = CLAIMS.map(|claim| format!("context.token has {claim} &&"));
    let mut removed = 0;
    for (name, text) in texts() {
        for guard in
            guards.iter().map(String::as_str).chain(["context has token &&", "resource has tenant &&"])
        {
            if text.contains(guard) {
                removed += 1;
                let complaints = complaints(schema(), &text.replace(guard, ""));
                assert!(
                    complaints.contains("optional attribute"),
                    "{name} without `{guard}`: {complaints:?}"
                );
            }
        }
    }
    assert_eq!(removed, 12);
}

#[test]
fn a_policy_that_could_be_skipped_is_refused() {
    let tenant = "context.token.tenant_id == resource.tenant";
    let unless = |condition: &str| format!("forbid (principal, action, resource) unless {{ {condition} }};");
    let when = |condition: &str| {
        format!("permit (principal, action, resource) when {{ context has token && {condition} }};")
    };
    let (no_token, no_tenant) = ("optional attribute `token` in", "optional attribute `token.tenant_id` in");
    let rows = [
        ("no guard at all", UNGUARDED.to_owned(), no_tenant),
        ("no guard for the token", unless(&format!("context.token has tenant_id && {tenant}")), no_token),
        ("no guard for the tenant", unless(&format!("context has token && {tenant}")), no_tenant),
        (
            "no guard for the order",
            unless(&format!("context has token && context.token has tenant_id && {tenant}")),
            "optional attribute `tenant` on entity",
        ),
        (
            "the guard behind",
            unless(&format!("context has token && {tenant} && context.token has tenant_id")),
            no_tenant,
        ),
        (
            "`or` in place of `and`",
            unless(&format!("context has token && (context.token has tenant_id || {tenant})")),
            no_tenant,
        ),
        (
            "the guard of another claim",
            unless(&format!("context has token && context.token has tenant_tier && {tenant}")),
            no_tenant,
        ),
        (
            "a claim that the schema lacks",
            when("context.token.tenant_name == \"Acme\""),
            "`token.tenant_name` in context",
        ),
        (
            "a list compared with a text",
            when("context.token has tenant_roles && context.token.tenant_roles == \"admin\""),
            "are not compatible",
        ),
        (
            "a list searched as a text",
            when("context.token has scope && context.token.scope like \"*read*\""),
            "expected String but saw Set<String>",
        ),
        (
            "a text searched as a list",
            when("context.token has tenant_id && context.token.tenant_id.contains(\"acme\")"),
            "expected Set",
        ),
        (
            "a tenant compared with a user",
            when("context.token has tenant_id && context.token.tenant_id == resource.owner"),
            "are not compatible",
        ),
        (
            "an unknown action",
            "permit (principal, action == Tenancy::Action::\"delete\", resource);".to_owned(),
            "unrecognized action",
        ),
        (
            "an unknown type",
            "permit (principal in Tenancy::Role::\"admin\", action, resource);".to_owned(),
            "unrecognized entity type",
        ),
    ];

    for (why, policy, expected) in rows {
        let complaints = complaints(schema(), &policy);
        assert!(complaints.contains(expected), "{why}: {complaints:?}");
    }
}

#[test]
fn a_claim_misspelt_after_has_is_only_a_warning_and_is_refused_here() {
    let never =
        "forbid (principal, action, resource) when { context has token && context.token has tenant_idd };";
    let policy = PolicySet::from_policies([Policy::parse(None, never).unwrap()]).unwrap();

    assert!(Validator::new(schema()).validate(&policy, ValidationMode::Strict).validation_passed());
    assert!(complaints(schema(), never).contains("policy is impossible"));
}

#[test]
fn a_schema_with_required_claims_would_let_the_unguarded_policy_pass() {
    let required = read("infra/cedar/schema.cedarschema")
        .replace("tenant_id?:", "tenant_id:")
        .replace("token?:", "token:")
        .replace("tenant?:", "tenant:");
    let (required, _) = Schema::from_cedarschema_str(&required).unwrap();

    assert_eq!(complaints(required, UNGUARDED), "");
}
