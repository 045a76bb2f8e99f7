//! What the claims of a token become.

use cedar_tests::{Caller, ask};
use serde_json::{Value, json};

use crate::support::{POOL, caller, claims, order, policies, schema, told};

#[test]
fn a_token_becomes_a_principal_with_groups_as_parents_and_a_context() {
    let caller = caller("admin", &json!({ "scope": "openid orders/read" }));

    let group = |name: &str| json!({ "type": "Tenancy::Group", "id": format!("{POOL}|{name}") });
    assert_eq!(
        caller.user,
        json!({ "type": "Tenancy::User", "id": format!("{POOL}|8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10") })
    );
    assert_eq!(caller.groups, [group("acme-admins"), group("billing")]);
    assert_eq!(
        caller.context,
        json!({ "token": {
            "tenant_id": "acme", "tenant_tier": "pro", "tenant_roles": ["admin"], "token_use": "access",
            "scope": ["openid", "orders/read"], "client_id": "3n4b5urk1ft4fl3mg5e62d9ado",
        } })
    );
}

#[test]
fn a_group_in_a_policy_is_of_one_pool() {
    let group = |pool: &str| {
        format!("permit (principal in Tenancy::Group::\"{pool}|acme-admins\", action, resource);")
    };
    for (pool, expected) in [(POOL, "allow admin group"), ("eu-west-1_OTHER0001", "allow admin")] {
        let policies = policies(&[("group", &group(pool))]);
        let caller = caller("admin", &json!({}));

        let response = ask(&policies, Some(&schema()), &caller, "read", &order("acme", "bob")).unwrap();

        assert_eq!(told(&response), expected, "{pool}");
    }
}

#[test]
fn the_name_of_a_prefix_is_refused_and_a_name_with_the_prefix_is_not() {
    for name in ["custom", "cognito", "dev"] {
        let with =
            |name: &str| claims("ID token", &[(name.to_owned(), json!("x"))].into_iter().collect::<Value>());

        let refusal = Caller::of_access_token(&with(name)).unwrap_err();

        assert_eq!(refusal, format!("the claim `{name}` has the name of a prefix"));
        Caller::of_access_token(&with(&format!("{name}:x"))).unwrap();
        Caller::of_access_token(&with(&format!("{name}er"))).unwrap();
    }
}

#[test]
fn the_longest_user_fits_into_an_entity_id_and_the_longest_group_may_not() {
    let pool = format!("eu-west-1_{}", "x".repeat(45));
    let with = |changes: Value| {
        let mut claims = claims("viewer", &changes);
        claims.insert("iss".to_owned(), json!(format!("https://cognito-idp.eu-west-1.amazonaws.com/{pool}")));
        Caller::of_access_token(&claims)
    };

    with(json!({ "sub": "s".repeat(128) })).unwrap();
    with(json!({ "cognito:groups": ["g".repeat(144)] })).unwrap();

    let too_long = "an entity id of 201 bytes, and at most 200 are allowed";
    assert_eq!(with(json!({ "cognito:groups": ["g".repeat(145)] })).unwrap_err(), too_long);
    let bytes_count = with(json!({ "cognito:groups": ["ä".repeat(80)] })).unwrap_err();
    assert_eq!(bytes_count, "an entity id of 216 bytes, and at most 200 are allowed");
}

#[test]
fn the_groups_that_a_token_can_have_fit_as_parents() {
    let with = |number: usize| {
        let groups: Vec<String> = (0..number).map(|number| format!("group-{number}")).collect();
        Caller::of_access_token(&claims("viewer", &json!({ "cognito:groups": groups })))
    };

    assert_eq!(with(100).unwrap().groups.len(), 100);
    assert_eq!(with(101).unwrap_err(), "101 groups, and at most 100 can be parents");
}

#[test]
fn a_token_without_an_issuer_or_a_subject_is_refused() {
    for claim in ["iss", "sub"] {
        let claims = claims("viewer", &[(claim.to_owned(), Value::Null)].into_iter().collect::<Value>());

        assert_eq!(Caller::of_access_token(&claims).unwrap_err(), format!("no claim `{claim}`"));
    }
}
