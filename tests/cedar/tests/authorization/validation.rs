//! What the strict validator takes and refuses, with the schema of `infra/cedar`.

use cedar_policy::{Policy, PolicySet, Schema, ValidationMode, Validator};

use crate::support::{policies, read, schema};

/// The isolation as it is often written: it asks for no claim before it reads one.
pub(crate) const UNGUARDED: &str =
    "forbid (principal, action, resource) unless { context.token.tenant_id == resource.tenant };";

/// Errors and warnings.
fn complaints(schema: Schema, policies: &PolicySet) -> (Vec<String>, Vec<String>) {
    let result = Validator::new(schema).validate(policies, ValidationMode::Strict);
    (
        result.validation_errors().map(ToString::to_string).collect(),
        result.validation_warnings().map(ToString::to_string).collect(),
    )
}

fn of_text(schema: Schema, policy: &str) -> (Vec<String>, Vec<String>) {
    let policy = Policy::parse(None, policy).unwrap();
    complaints(schema, &PolicySet::from_policies([policy]).unwrap())
}

#[test]
fn the_policies_pass_without_a_warning() {
    assert_eq!(complaints(schema(), &policies(&[])), (vec![], vec![]));
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
        let (errors, _) = of_text(schema(), &policy);
        assert!(errors.iter().any(|error| error.contains(expected)), "{why}: {errors:?}");
    }
}

/// So a warning counts as an error here.
#[test]
fn a_claim_misspelt_after_has_is_a_warning_only() {
    let never =
        "forbid (principal, action, resource) when { context has token && context.token has tenant_idd };";

    let (errors, warnings) = of_text(schema(), never);

    assert_eq!(errors, [""; 0]);
    assert!(warnings.iter().any(|warning| warning.contains("policy is impossible")), "{warnings:?}");
}

#[test]
fn a_schema_with_required_claims_would_let_the_unguarded_policy_pass() {
    let required = read("infra/cedar/schema.cedarschema")
        .replace("tenant_id?:", "tenant_id:")
        .replace("token?:", "token:");
    let (required, _) = Schema::from_cedarschema_str(&required).unwrap();

    assert_eq!(of_text(required, UNGUARDED), (vec![], vec![]));
}
