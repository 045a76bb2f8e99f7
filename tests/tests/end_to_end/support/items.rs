//! Items as they lie in the table, written by hand from the published layout and not through the code under test.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

use tenancy::{EmailHash, InviteCode};

/// A moment far away, in epoch seconds (the year 2100).
pub(crate) const FAR: u64 = 4_102_444_800;

/// An active tenant with one role that lists groups.
pub(crate) fn tenant(id: &str) -> Value {
    json!({
        "pk": format!("TENANT#{id}"), "sk": "META", "et": "tenant", "v": 1, "tid": id, "name": format!("{id} Inc."),
        "slug": id, "tier": "pro", "status": "active", "ver": 1, "createdAt": 1_700_000_000,
        "roles": { "admin": { "groups": [format!("{id}-admins"), "billing"] } },
        "gsi1pk": "TENANTS", "gsi1sk": id,
    })
}

/// An active, stamped membership.
pub(crate) fn member(pool: &str, sub: &str, tenant: &str, roles: &[&str]) -> Value {
    json!({
        "pk": format!("USER#{pool}#{sub}"), "sk": format!("TENANT#{tenant}"), "et": "member", "v": 1, "tid": tenant,
        "roles": roles, "status": "active", "stamp": "done", "username": sub, "ver": 1, "joinedAt": 1_700_000_000,
        "gsi1pk": format!("TENANT#{tenant}"), "gsi1sk": format!("MEMBER#{sub}"),
    })
}

/// A profile.
pub(crate) fn profile(pool: &str, sub: &str, default_tenant: &str) -> Value {
    json!({
        "pk": format!("USER#{pool}#{sub}"), "sk": "PROFILE", "et": "profile", "v": 1, "defaultTid": default_tenant,
        "ver": 1,
    })
}

/// An open invite.
pub(crate) fn invite(code: &str, tenant: &str, roles: &[&str], max_uses: u64) -> Value {
    let hash = hash(code);
    json!({
        "pk": format!("INVITE#{hash}"), "sk": "META", "et": "invite", "v": 1, "tid": tenant, "roles": roles,
        "uses": 0, "maxUses": max_uses, "status": "open", "expiresAt": FAR, "createdBy": "ops",
        "createdAt": 1_700_000_000, "ttl": FAR + 2_592_000,
        "gsi1pk": format!("TENANT#{tenant}"), "gsi1sk": format!("INVITE#1700000000#{}", hash.split_at(8).0),
    })
}

/// The pointer of an address to its open invite of a tenant.
pub(crate) fn pointer(email: &str, tenant: &str, code: &str) -> Value {
    json!({
        "pk": format!("EMAIL#{}", email_hash(email)), "sk": format!("TENANT#{tenant}"), "et": "mail", "v": 1,
        "h": hash(code), "createdAt": 1_700_000_000, "expiresAt": FAR, "ttl": FAR + 2_592_000,
    })
}

/// An open invite for one use that is bound to an address, and its pointer, both made at `created_at`.
pub(crate) fn invite_of(
    email: &str,
    code: &str,
    tenant: &str,
    roles: &[&str],
    created_at: u64,
) -> [Value; 2] {
    let bound = but(invite(code, tenant, roles, 1), json!({ "email": email, "createdAt": created_at }));
    [bound, but(pointer(email, tenant, code), json!({ "createdAt": created_at }))]
}

/// A binding of an app client.
pub(crate) fn client(pool: &str, client: &str, tenant: &str, mode: &str) -> Value {
    json!({
        "pk": format!("CLIENT#{pool}#{client}"), "sk": "PTR", "et": "client", "v": 1, "tid": tenant, "mode": mode,
    })
}

/// An open cell with room, whose tenants share the app client `<name>-client`.
pub(crate) fn cell(name: &str, pool: &str) -> Value {
    json!({
        "pk": format!("CELL#{name}"), "sk": "META", "et": "cell", "v": 1, "cell": name, "pool": pool,
        "region": "eu-west-1", "status": "open", "capacity": 900, "tenants": 1, "clientId": format!("{name}-client"),
        "domain": format!("{name}.login.example.com"), "ver": 1, "createdAt": 1_700_000_000,
        "gsi1pk": "CELLS", "gsi1sk": name,
    })
}

/// A slug's tenant.
pub(crate) fn slug(slug: &str, tenant: &str) -> Value {
    json!({ "pk": format!("SLUG#{slug}"), "sk": "PTR", "et": "slug", "v": 1, "tid": tenant })
}

/// A mail domain's tenant.
pub(crate) fn mail_domain(domain: &str, tenant: &str) -> Value {
    json!({
        "pk": format!("DOMAIN#{domain}"), "sk": "PTR", "et": "domain", "v": 1, "tid": tenant, "route": true,
        "join": false, "method": "operator", "verifiedAt": 1_700_000_000, "checkedAt": 1_700_000_000, "ver": 1,
        "gsi1pk": format!("TENANT#{tenant}"), "gsi1sk": format!("DOMAIN#{domain}"),
    })
}

/// A tenant in the public list.
pub(crate) fn listed(slug: &str, tenant: &str, name: &str) -> Value {
    json!({ "pk": "LISTED", "sk": slug, "et": "listed", "v": 1, "tid": tenant, "name": name })
}

/// `item` with some attributes set anew; `null` takes one away.
pub(crate) fn but(mut item: Value, changes: Value) -> Value {
    let (Some(attributes), Value::Object(changes)) = (item.as_object_mut(), changes) else {
        panic!("items and changes are objects")
    };
    for (name, value) in changes {
        if value.is_null() {
            attributes.remove(&name);
        } else {
            attributes.insert(name, value);
        }
    }
    item
}

/// The key of an invite.
pub(crate) fn hash(code: &str) -> String {
    code.parse::<InviteCode>().unwrap().hash().as_str().to_owned()
}

/// The key of an address.
pub(crate) fn email_hash(email: &str) -> String {
    EmailHash::of(&email.parse().unwrap()).as_str().to_owned()
}

/// JSON as attributes: numbers are `N`, texts `S`, flags `BOOL`, lists `L`, objects `M`.
pub(crate) fn attributes(item: &Value) -> HashMap<String, AttributeValue> {
    let item = item.as_object().expect("an item is an object");
    item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(list) => AttributeValue::L(list.iter().map(attribute).collect()),
        Value::Object(_) => AttributeValue::M(attributes(value)),
    }
}

/// Attributes as JSON.
pub(crate) fn json_of(item: &HashMap<String, AttributeValue>) -> Value {
    let value = |attribute: &AttributeValue| match attribute {
        AttributeValue::Bool(flag) => json!(flag),
        AttributeValue::N(number) => number.parse::<u64>().map_or_else(|_| json!(number), Value::from),
        AttributeValue::S(text) => json!(text),
        AttributeValue::L(list) => list.iter().map(json_of_one).collect(),
        AttributeValue::M(map) => json_of(map),
        other => json!(format!("{other:?}")),
    };
    Value::Object(
        item.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect::<Map<_, _>>(),
    )
}

fn json_of_one(attribute: &AttributeValue) -> Value {
    let wrapped = HashMap::from([(String::new(), attribute.clone())]);
    json_of(&wrapped).get("").cloned().unwrap_or_default()
}
