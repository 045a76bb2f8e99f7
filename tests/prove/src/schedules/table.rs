//! The items of a schedule's table as plain JSON: those that it begins with, written by hand from `docs/table.md`. The watch and
//! the checks read items, because the engine has nothing else.

use std::collections::BTreeMap;

use memory::parsed;
use serde_json::{Map, Value, json};
use tenancy::{EmailHash, InviteCode, InviteHash};

use super::schedule::{BEGIN, CELLS, HERE, Schedule, TENANTS, email, sub};

/// Items by `pk` and `sk`.
pub(crate) type Table = BTreeMap<(String, String), Value>;

pub(crate) const PROVIDER: &str = "Okta";

/// Roles of invites: two invites mostly give other roles.
const ROLES: [&str; 3] = ["editor", "auditor", "biller"];

/// The code of an invite. The number of a resent invite is that of the old one and a multiple of 500.
pub(crate) fn code(number: usize) -> InviteCode {
    let digit = |place: u32| u8::try_from(number / 32_usize.pow(place) % 32).unwrap_or_default();
    let mut digits = [7; 26];
    digits.iter_mut().zip([0, 1, 2]).for_each(|(slot, place)| *slot = digit(place));
    InviteCode::from_random(digits)
}

pub(crate) fn hash(number: usize) -> InviteHash {
    code(number).hash()
}

pub(crate) fn email_hash(user: usize) -> String {
    EmailHash::of(&parsed(&email(user))).as_str().to_owned()
}

pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> (String, String) {
    (pk.into(), sk.into())
}

pub(crate) fn member_key(sub: &str, tenant: &str) -> (String, String) {
    key(format!("USER#{HERE}#{sub}"), format!("TENANT#{tenant}"))
}

pub(crate) fn tenant_key(tenant: &str) -> (String, String) {
    key(format!("TENANT#{tenant}"), "META")
}

pub(crate) fn use_key(hash: &InviteHash, sub: &str) -> (String, String) {
    key(format!("INVITE#{}", hash.as_str()), format!("USE#{HERE}#{sub}"))
}

/// A text of an item; empty if it is missing.
pub(crate) fn text<'i>(item: &'i Value, name: &str) -> &'i str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of an item; 0 if it is missing.
pub(crate) fn number(item: &Value, name: &str) -> u64 {
    item.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// Whether members of the tenant get tokens in the pool of the schedule.
pub(crate) fn serves(tenant: &Value) -> bool {
    text(tenant, "status") == "active" && is_here(tenant)
}

/// Whether the tenant is in the pool of the schedule and not offboarded. If it is, also if it is paused, its members accept no
/// other invite by signing in.
pub(crate) fn is_here(tenant: &Value) -> bool {
    let pools = tenant.get("pools").and_then(Value::as_array);
    text(tenant, "status") != "offboarded" && pools.is_none_or(|pools| pools.iter().any(|pool| pool == HERE))
}

/// The table at the begin.
pub(crate) fn initial(schedule: &Schedule) -> Table {
    let mut table = Table::new();
    let mut put = |item: Value| drop(table.insert(key(text(&item, "pk"), text(&item, "sk")), item));
    for id in TENANTS {
        put(json!({
            "pk": format!("TENANT#{id}"), "sk": "META", "et": "tenant", "v": 1, "tid": id, "name": id, "slug": id,
            "tier": "pro", "status": "active", "ver": 1, "createdAt": BEGIN, "gsi1pk": "TENANTS", "gsi1sk": id,
        }));
    }
    for (name, pool) in CELLS {
        put(json!({
            "pk": format!("CELL#{name}"), "sk": "META", "et": "cell", "v": 1, "cell": name, "pool": pool,
            "region": "eu-west-1", "status": "open", "capacity": schedule.capacity, "tenants": 0, "clientId": "client1",
            "domain": format!("{name}.login.example.com"), "ver": 1, "createdAt": BEGIN,
            "gsi1pk": "CELLS", "gsi1sk": name,
        }));
    }
    let tenant = TENANTS.get(schedule.provider).copied().unwrap_or_default();
    put(json!({
        "pk": format!("IDP#{HERE}#{PROVIDER}"), "sk": "PTR", "et": "idp", "v": 1, "tid": tenant, "join": true,
        "emailTrusted": false, "defaultRoles": ["guest"], "gsi1pk": format!("TENANT#{tenant}"),
        "gsi1sk": format!("IDP#{HERE}#{PROVIDER}"),
    }));
    for (user, tenant, status) in &schedule.members {
        let (sub, tenant) = (sub(*user), TENANTS.get(*tenant).copied().unwrap_or_default());
        let (pk, sk) = member_key(&sub, tenant);
        put(json!({
            "pk": pk, "sk": sk, "et": "member", "v": 1, "tid": tenant, "roles": ["viewer"], "status": status,
            "stamp": "done", "username": sub, "ver": 1, "joinedAt": BEGIN - 1, "gsi1pk": sk,
            "gsi1sk": format!("MEMBER#{sub}"),
        }));
    }
    for (user, tenant) in &schedule.defaults {
        put(json!({
            "pk": format!("USER#{HERE}#{}", sub(*user)), "sk": "PROFILE", "et": "profile", "v": 1, "ver": 1,
            "defaultTid": TENANTS.get(*tenant),
        }));
    }
    for (number, invite) in schedule.invites.iter().enumerate() {
        let hash = hash(number);
        let tenant = TENANTS.get(invite.tenant).copied().unwrap_or_default();
        let expires = BEGIN + invite.expires;
        let mut item = json!({
            "pk": format!("INVITE#{}", hash.as_str()), "sk": "META", "et": "invite", "v": 1, "tid": tenant,
            "roles": [ROLES.get(number % ROLES.len())], "uses": 0, "maxUses": invite.max_uses, "status": "open", "expiresAt": expires,
            "createdBy": "ops", "createdAt": BEGIN, "ttl": expires + 2_592_000,
            "gsi1pk": format!("TENANT#{tenant}"), "gsi1sk": format!("INVITE#{BEGIN}#{}", hash.short()),
        });
        if let (Some(user), Some(item)) = (invite.bound, item.as_object_mut()) {
            item.insert("email".to_owned(), json!(email(user)));
            put(json!({
                "pk": format!("EMAIL#{}", email_hash(user)), "sk": format!("TENANT#{tenant}"), "et": "mail", "v": 1,
                "h": hash.as_str(), "createdAt": BEGIN, "expiresAt": expires, "ttl": expires + 2_592_000,
            }));
        }
        put(item);
    }
    table
}

/// Plain JSON as an item of DynamoDB's API.
pub(crate) fn attributes(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), attribute(value))).collect())
}

fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(_) => json!({ "M": attributes(value) }),
    }
}

/// An item of DynamoDB's API as plain JSON.
pub(crate) fn plain(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), plain_value(value))).collect::<Map<_, _>>())
}

fn plain_value(attribute: &Value) -> Value {
    let Some((kind, value)) = attribute.as_object().and_then(|attribute| attribute.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("N", Value::String(number)) => number.parse::<u64>().map_or_else(|_| json!(number), |n| json!(n)),
        ("L", Value::Array(list)) => list.iter().map(plain_value).collect(),
        ("M", map) => plain(map),
        (_, value) => value.clone(),
    }
}
