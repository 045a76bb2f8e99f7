//! What happens where nobody validates, shown without a schema: Cedar skips a policy that it cannot evaluate.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Response};
use cedar_tests::{Caller, ask, lets_in};
use serde_json::{Value, json};

use crate::support::{caller, claims, order, policies, schema, skipped, told};
use crate::validation::UNGUARDED;

#[test]
fn an_unguarded_forbid_fails_open_for_a_token_without_a_tenant() {
    let caller = caller("no trigger", &json!({}));
    let order = order("globex", "ana");

    let guarded = ask(&policies(&[]), None, &caller, "write", &order).unwrap();
    let unguarded = ask(&policies(&[("isolation", UNGUARDED)]), None, &caller, "write", &order).unwrap();

    assert_eq!(told(&guarded), "deny isolation");
    assert_eq!(told(&unguarded), "allow owner", "into another tenant");
    assert_eq!(skipped(&unguarded), ["isolation"]);
    assert!(!lets_in(&unguarded), "a service that looks at the errors keeps it out");
}

#[test]
fn an_id_token_has_no_claims_in_the_context_and_only_the_whole_guard_keeps_it_out() {
    let half = "forbid (principal, action, resource) unless \
                { context.token has tenant_id && context.token.tenant_id == resource.tenant };";
    let caller = Caller { context: json!({}), ..caller("ID token", &json!({})) };
    let order = order("globex", "ana");

    let whole = ask(&policies(&[]), Some(&schema()), &caller, "write", &order).unwrap();
    let halved = ask(&policies(&[("isolation", half)]), None, &caller, "write", &order).unwrap();

    assert_eq!((told(&whole).as_str(), skipped(&whole)), ("deny isolation", vec![]));
    assert_eq!((told(&halved).as_str(), skipped(&halved)), ("allow owner", vec!["isolation".to_owned()]));
}

/// A request of which the service sends the name of the order only.
fn without_the_order(policies: &PolicySet) -> Response {
    let caller = caller("admin", &json!({}));
    let entities = json!([{ "uid": caller.user, "attrs": {}, "parents": caller.groups }]);
    let entities = Entities::from_json_value(entities, Some(&schema())).unwrap();
    let uid = |uid: Value| EntityUid::from_json(uid).unwrap();
    let action = uid(json!({ "type": "Tenancy::Action", "id": "write" }));
    let context = Context::from_json_value(caller.context, Some((&schema(), &action))).unwrap();
    let order = uid(json!({ "type": "Tenancy::Order", "id": "an order of globex" }));
    let request = Request::new(uid(caller.user), action, order, context, Some(&schema())).unwrap();
    Authorizer::new().is_authorized(&request, policies, &entities)
}

#[test]
fn an_order_that_is_not_sent_has_no_tenant_and_only_a_guard_for_it_keeps_everybody_out() {
    let half = "forbid (principal, action, resource) unless { context has token && \
                context.token has tenant_id && context.token.tenant_id == resource.tenant };";

    let guarded = without_the_order(&policies(&[]));
    let unguarded = without_the_order(&policies(&[("isolation", half)]));

    assert_eq!(told(&guarded), "deny isolation");
    assert_eq!(told(&unguarded), "allow admin", "although the request fits the schema");
    assert_eq!(skipped(&unguarded), ["isolation", "owner"]);
    assert!(!lets_in(&unguarded));
}

#[test]
fn the_claims_of_an_id_token_on_the_principal_do_not_fit_the_schema() {
    let user = caller("ID token", &json!({})).user;
    let fits = |attributes: Value| {
        let entities = json!([{ "uid": user, "attrs": attributes, "parents": [] }]);
        Entities::from_json_value(entities, Some(&schema())).is_ok()
    };

    assert!(fits(json!({})));
    assert!(!fits(json!({ "tenant_id": "acme" })));
}

#[test]
fn roles_as_one_text_are_refused_by_the_schema_and_match_nothing_without_it() {
    let caller = caller("V1, ID token", &json!({}));
    assert_eq!(claims("V1, ID token", &json!({}))["tenant_roles"], "admin viewer");

    let validated = ask(&policies(&[]), Some(&schema()), &caller, "read", &order("acme", "bob"));
    let response = ask(&policies(&[]), None, &caller, "read", &order("acme", "bob")).unwrap();

    let refusal = validated.unwrap_err();
    assert!(refusal.contains("type mismatch"), "{refusal}");
    assert_eq!(told(&response), "deny");
    assert_eq!(skipped(&response), ["admin", "viewer"]);
}

#[test]
fn roles_of_a_v1_token_work_when_the_service_hands_them_on_as_a_list() {
    let roles = claims("V1, ID token", &json!({}))["tenant_roles"].as_str().unwrap().to_owned();
    let list: Vec<&str> = roles.split(' ').collect();
    let caller = caller("V1, ID token", &json!({ "tenant_roles": list }));

    let response = ask(&policies(&[]), Some(&schema()), &caller, "read", &order("acme", "bob")).unwrap();

    assert_eq!(told(&response), "allow admin viewer");
}

#[test]
fn features_as_one_text_let_a_refund_through_where_nobody_validates() {
    let caller = caller("admin", &json!({ "tenant_features": "exports" }));

    let response = ask(&policies(&[]), None, &caller, "refund", &order("acme", "bob")).unwrap();

    assert_eq!((told(&response).as_str(), skipped(&response)), ("allow admin", vec!["refunds".to_owned()]));
    assert!(!lets_in(&response));
}

#[test]
fn a_claim_of_a_wrong_type_lets_nobody_in() {
    let rows = [
        ("tenant_id", json!(["acme"])),
        ("tenant_id", json!(7)),
        ("tenant_tier", json!(["enterprise"])),
        ("tenant_features", json!("refunds")),
        ("tenant_features", json!([1])),
        ("tenant_roles", json!({ "admin": true })),
        ("scope", json!(true)),
    ];

    for (claim, value) in rows {
        let changes: Value = [(claim.to_owned(), value)].into_iter().collect();
        let caller = caller("admin", &changes);
        let validated = ask(&policies(&[]), Some(&schema()), &caller, "refund", &order("acme", "bob"));
        let response = ask(&policies(&[]), None, &caller, "refund", &order("acme", "bob")).unwrap();

        assert!(validated.unwrap_err().contains("context"), "{changes}");
        assert!(
            response.decision() == Decision::Deny || !lets_in(&response),
            "{changes}: {}",
            told(&response)
        );
    }
}
