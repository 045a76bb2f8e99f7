//! Checks 7 to 11: use, client, scopes, tenant, and what else is told.

use serde_json::{Value, json};

use super::{Vector, access, id, vector};
use crate::support::*;

pub(super) fn vectors() -> Vec<Vector> {
    [uses(), clients(), scopes(), tenants(), lists(), kinds()].into_iter().flatten().collect()
}

fn uses() -> Vec<Vector> {
    let with = |value: Value| access(json!({ "token_use": value }));
    let ids = json!({ "tokenUse": "id" });
    let either = json!({ "tokenUse": "either" });
    vec![
        vector("ID token, access wanted", id(json!({}))).refused("token_use"),
        vector("ID token, ID wanted", id(json!({}))).rules(ids.clone()),
        vector("access token, ID wanted", access_token()).rules(ids).refused("token_use"),
        vector("ID token, either wanted", id(json!({}))).rules(either.clone()),
        vector("access token, either wanted", access_token()).rules(either.clone()),
        vector("no token_use", with(json!(null))).rules(either.clone()).refused("token_use"),
        vector("token_use refresh", with(json!("refresh"))).rules(either).refused("token_use"),
        vector("token_use Access", with(json!("Access"))).refused("token_use"),
        vector("token_use is a list", with(json!(["access"]))).refused("token_use"),
    ]
}

fn clients() -> Vec<Vector> {
    let client = |value: Value| access(json!({ "client_id": value }));
    let audience = |value: Value| id(json!({ "aud": value }));
    let ids = || json!({ "tokenUse": "id" });
    let any = || json!({ "clients": "any" });
    let two = || json!({ "clients": ["another", CLIENT] });
    vec![
        vector("another client", client(json!("other"))).refused("client"),
        vector("another client, ours as aud", access(json!({ "client_id": "other", "aud": CLIENT })))
            .refused("client"),
        vector("no client, ours as aud", access(json!({ "client_id": null, "aud": CLIENT })))
            .refused("client"),
        vector("access token with another aud", access(json!({ "aud": "https://api.example.com" }))),
        vector("client in capitals", client(json!(CLIENT.to_uppercase()))).refused("client"),
        vector("client with a blank", client(json!(format!("{CLIENT} ")))).refused("client"),
        vector("client is a list", client(json!([CLIENT]))).refused("client"),
        vector("one of two clients", access_token()).rules(two()),
        vector("any client", client(json!("created-later"))).rules(any()),
        vector("any client, none named", client(json!(null)))
            .rules(any())
            .refused("client")
            .differs("client-missing"),
        vector("any client, an empty one", client(json!("")))
            .rules(any())
            .refused("client")
            .differs("client-missing"),
        vector("any client, a number", client(json!(7)))
            .rules(any())
            .refused("client")
            .differs("client-missing"),
        vector("ID token, aud a list of our client", audience(json!([CLIENT])))
            .rules(ids())
            .differs("aud-list"),
        vector("ID token, another aud", audience(json!("other"))).rules(ids()).refused("client"),
        vector("ID token, aud a list of two", audience(json!([CLIENT, "other"])))
            .rules(ids())
            .refused("client"),
        vector("ID token, aud an empty list", audience(json!([]))).rules(ids()).refused("client"),
        vector("ID token, aud an object", audience(json!({}))).rules(ids()).refused("client"),
        vector("ID token, no aud, ours as client_id", id(json!({ "aud": null, "client_id": CLIENT })))
            .rules(ids())
            .refused("client"),
    ]
}

fn scopes() -> Vec<Vector> {
    let with = |value: Value| access(json!({ "scope": value }));
    let wanted = |scopes: &[&str]| json!({ "scopes": scopes });
    vec![
        vector("the scope", access_token()).rules(wanted(&["orders/read"])),
        vector("both scopes", access_token())
            .rules(wanted(&["orders/read", "aws.cognito.signin.user.admin"])),
        vector("one of two scopes", access_token())
            .rules(wanted(&["orders/read", "orders/write"]))
            .refused("scope")
            .differs("scope-or"),
        vector("another scope", access_token()).rules(wanted(&["orders/write"])).refused("scope"),
        vector("the begin of a scope", access_token()).rules(wanted(&["orders"])).refused("scope"),
        vector("a scope in capitals", access_token()).rules(wanted(&["Orders/read"])).refused("scope"),
        vector("no scope claim", with(json!(null))).rules(wanted(&["orders/read"])).refused("scope"),
        vector("an empty scope claim", with(json!(""))).rules(wanted(&["orders/read"])).refused("scope"),
        vector("scopes with two blanks between", with(json!("a  orders/read")))
            .rules(wanted(&["orders/read"])),
        vector("scopes with commas", with(json!("a,orders/read")))
            .rules(wanted(&["orders/read"]))
            .refused("scope"),
        vector("scopes with a tab", with(json!("a\torders/read")))
            .rules(wanted(&["orders/read"]))
            .refused("scope"),
        vector("scope is a list", with(json!(["orders/read"]))).bad_claim("scope"),
    ]
}

fn tenants() -> Vec<Vector> {
    let with = |value: Value| access(json!({ "tenant_id": value }));
    let null = || {
        let mut claims = access_claims();
        claims["tenant_id"] = Value::Null;
        signed(&claims)
    };
    let optional = || json!({ "tenantOptional": true });
    let bad = |name: &str, value: Value| vector(name, with(value)).bad_claim("tenant id").differs("tenant");
    let good = |name: &str, id: &str| vector(name, with(json!(id))).tells(json!({ "tenant": id }));
    vec![
        vector("no tenant", with(json!(null))).refused("no_tenant").differs("tenant"),
        vector(
            "no tenant, a user attribute",
            access(json!({ "tenant_id": null, "custom:tenantId": "acme" })),
        )
        .refused("no_tenant")
        .differs("tenant"),
        vector("no tenant, optional", with(json!(null))).rules(optional()).tells(json!({ "tenant": null })),
        vector("tenant, optional", access_token()).rules(optional()),
        vector("a malformed tenant, optional", with(json!("ACME")))
            .rules(optional())
            .bad_claim("tenant id")
            .differs("tenant"),
        vector("tenant is null", null()).bad_claim("tenant id").differs("tenant"),
        bad("tenant is a number", json!(7)),
        bad("tenant is a list", json!(["acme"])),
        bad("tenant is an object", json!({ "id": "acme" })),
        bad("tenant is empty", json!("")),
        bad("tenant in capitals", json!("Acme")),
        bad("tenant with a wildcard", json!("acme*")),
        bad("tenant with a blank", json!("acme ")),
        bad("tenant with a slash", json!("acme/../globex")),
        bad("tenant with a letter that looks the same", json!("\u{430}cme")),
        bad("tenant of 2 characters", json!("ac")),
        bad("tenant of 64 characters", json!("a".repeat(64))),
        good("tenant of 3 characters", "a-1"),
        good("tenant of 63 characters", &"a".repeat(63)),
    ]
}

fn lists() -> Vec<Vector> {
    let with = |name: &str, value: Value| access(json!({ name: value }));
    let roles = |value: Value| with("tenant_roles", value);
    let told = |roles: &[&str]| json!({ "tenant": "acme", "roles": roles });
    let bad =
        |name: &str, value: Value| vector(name, roles(value)).bad_claim("tenant roles").differs("tenant");
    vec![
        vector("no sub", with("sub", json!(null))).malformed("sub").differs("sub"),
        vector("sub is empty", with("sub", json!(""))).malformed("sub").differs("sub"),
        vector("sub is a number", with("sub", json!(7))).malformed("sub"),
        vector("sub of 128 characters", with("sub", json!("s".repeat(128)))),
        vector("sub of 129 characters", with("sub", json!("s".repeat(129)))).malformed("sub").differs("sub"),
        vector("sub with a blank", with("sub", json!("a b"))).malformed("sub").differs("sub"),
        vector("roles as a list", roles(json!(["b", "a"]))).tells(told(&["b", "a"])),
        vector("roles as a text", roles(json!("admin viewer"))).tells(told(&["admin", "viewer"])),
        vector("no roles", roles(json!(null))).tells(told(&[])),
        vector("an empty list of roles", roles(json!([]))).tells(told(&[])),
        vector("a role of 64 characters", roles(json!(["r".repeat(64)]))).tells(told(&[&"r".repeat(64)])),
        bad("a role of 65 characters", json!(["r".repeat(65)])),
        bad("roles are a number", json!(1)),
        bad("roles are an object", json!({})),
        bad("a role is a number", json!(["admin", 1])),
        bad("a role is null", json!(["admin", null])),
        bad("a role is empty", json!([""])),
        bad("a role with a comma", json!(["admin,viewer"])),
        bad("roles as a gateway writes lists", json!("[admin viewer]")),
        vector("a feature with a blank", with("tenant_features", json!(["a b"])))
            .bad_claim("tenant features")
            .differs("tenant"),
        vector("a group with a blank", with("cognito:groups", json!(["a b"])))
            .bad_claim("groups")
            .differs("tenant"),
        vector("a group of 128 characters", with("cognito:groups", json!(["g".repeat(128)]))),
        vector("a group of 129 characters", with("cognito:groups", json!(["g".repeat(129)])))
            .bad_claim("groups")
            .differs("tenant"),
        vector("tier is a number", with("tenant_tier", json!(1))).bad_claim("tenant tier").differs("tenant"),
        vector("name is a list", with("tenant_name", json!([]))).bad_claim("tenant name").differs("tenant"),
    ]
}

/// Tokens as Cognito issues them to others than a user with event version 2.
fn kinds() -> Vec<Vector> {
    let machine = json!({
        "iss": ISSUER, "sub": CLIENT, "client_id": CLIENT, "token_use": "access", "scope": "orders/read", "version": 2,
        "auth_time": NOW_SECONDS - 600, "iat": NOW_SECONDS - 600, "exp": NOW_SECONDS + 300, "jti": "1", "tenant_id": "globex",
    });
    let of_machine = |changes: Value| signed(&but(machine.clone(), changes));
    let without_tenant = json!({
        "tenant_id": null, "tenant_name": null, "tenant_tier": null, "tenant_roles": null, "tenant_features": null
    });
    let user = |tenant: &str| json!({ "tenant": tenant, "machine": false });
    vec![
        vector("a machine", of_machine(json!({})))
            .tells(json!({ "tenant": "globex", "machine": true, "roles": [] })),
        vector("a machine without a tenant", of_machine(json!({ "tenant_id": null })))
            .refused("no_tenant")
            .differs("tenant"),
        vector("a user whose sub is the client", access(json!({ "sub": CLIENT }))).tells(user("acme")),
        vector("no username, and another sub", access(json!({ "username": null }))).tells(user("acme")),
        vector("event version 1: the access token", access(without_tenant))
            .refused("no_tenant")
            .differs("tenant"),
        vector("event version 1: the ID token", id(json!({})))
            .rules(json!({ "tokenUse": "id" }))
            .tells(json!({ "tenant": "acme", "roles": ["admin", "viewer"], "machine": false })),
    ]
}
