//! The items of the table, made from their keys, so that a million tenants take no memory.

use serde_json::{Value, json};

use crate::job::POOL;

/// A member of [`TENANT`]. Users who are no [`Made`] either are members of none.
pub(crate) const MEMBER: &str = "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10";
pub(crate) const TENANT: &str = "acme";
/// Lives in a cell of its own.
pub(crate) const APART: &str = "globex";
pub(crate) const DEFAULT_CELL: &str = "shared-1";
const CELL_APART: &str = "cell-2";

/// A user of the growth curves: a tenant of the user's own, which lists so many groups for the user's role, and more tenants
/// that the user joined later. The sub has all of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Made {
    pub(crate) memberships: usize,
    pub(crate) groups: usize,
}

impl Made {
    const MARK: &str = "4000-8000";

    /// `number` is the tenant's.
    pub(crate) fn sub(self, number: &str) -> String {
        format!("{number}-{:04}-{}-{:012}", self.memberships, Self::MARK, self.groups)
    }

    pub(crate) fn tenant(self, number: &str) -> String {
        format!("t{number}-{:03}", self.groups)
    }

    fn of_sub(sub: &str) -> Option<(Self, &str)> {
        let (number, rest) = sub.split_once('-')?;
        let (memberships, groups) = rest.split_once(Self::MARK)?;
        let memberships = memberships.trim_end_matches('-').parse().ok()?;
        let groups = groups.trim_start_matches('-').parse().ok()?;
        Some((Self { memberships, groups }, number))
    }

    /// How many groups the tenant lists.
    fn groups_of_tenant(id: &str) -> Option<usize> {
        id.strip_prefix('t')?.split('-').nth(1)?.parse().ok()
    }
}

pub(crate) fn of_user(sub: &str) -> Vec<Value> {
    if sub == MEMBER {
        return vec![membership(sub, TENANT, 0)];
    }
    let Some((made, number)) = Made::of_sub(sub) else { return Vec::new() };
    let tenant = made.tenant(number);
    let others = (1..made.memberships).map(|other| (format!("{tenant}-{other:03}"), other));
    std::iter::once((tenant.clone(), 0)).chain(others).map(|(id, at)| membership(sub, &id, at)).collect()
}

/// The items in a partition of the index.
pub(crate) fn indexed(partition: &str) -> Vec<Value> {
    if partition == "CELLS" { [DEFAULT_CELL, CELL_APART].map(known_cell).into() } else { Vec::new() }
}

/// The item with this key, if the table has it.
pub(crate) fn get(pk: &str, sk: &str) -> Option<Value> {
    let (kind, name) = pk.split_once('#')?;
    match (kind, name, sk) {
        ("TENANT", TENANT, "META") => Some(tenant(TENANT, DEFAULT_CELL, 1)),
        ("TENANT", APART, "META") => Some(tenant(APART, CELL_APART, 1)),
        ("TENANT", id, "META") => Some(tenant(id, DEFAULT_CELL, Made::groups_of_tenant(id)?)),
        ("INVITE", _, "META") => Some(invite(pk)),
        ("SLUG", TENANT | APART, "PTR") => Some(json!({
            "pk": { "S": pk }, "sk": { "S": sk }, "et": { "S": "slug" }, "v": { "N": "1" }, "tid": { "S": name },
        })),
        ("DOMAIN", "acme.com", "PTR") => Some(domain(pk, TENANT)),
        ("DOMAIN", "globex.com", "PTR") => Some(domain(pk, APART)),
        ("CELL", DEFAULT_CELL | CELL_APART, "META") => Some(known_cell(name)),
        _ => None,
    }
}

fn membership(sub: &str, tenant: &str, at: usize) -> Value {
    let partition = format!("TENANT#{tenant}");
    json!({
        "pk": { "S": format!("USER#{POOL}#{sub}") }, "sk": { "S": partition },
        "et": { "S": "member" }, "v": { "N": "1" }, "tid": { "S": tenant }, "roles": { "L": [{ "S": "admin" }] },
        "status": { "S": "active" }, "stamp": { "S": "done" }, "ver": { "N": "1" },
        "joinedAt": { "N": (1_700_000_000 + at).to_string() },
        "gsi1pk": { "S": partition }, "gsi1sk": { "S": format!("MEMBER#{sub}") },
    })
}

fn tenant(id: &str, cell: &str, groups: usize) -> Value {
    let groups: Vec<Value> =
        (1..=groups).map(|at| json!({ "S": format!("orders-editors-{at:03}") })).collect();
    json!({
        "pk": { "S": format!("TENANT#{id}") }, "sk": { "S": "META" }, "et": { "S": "tenant" }, "v": { "N": "1" },
        "tid": { "S": id }, "name": { "S": "Acme" }, "slug": { "S": id }, "tier": { "S": "pro" },
        "status": { "S": "active" }, "ver": { "N": "1" }, "createdAt": { "N": "1700000000" }, "cell": { "S": cell },
        "roles": { "M": { "admin": { "M": { "groups": { "L": groups } } } } },
        "gsi1pk": { "S": "TENANTS" }, "gsi1sk": { "S": id },
    })
}

fn invite(pk: &str) -> Value {
    json!({
        "pk": { "S": pk }, "sk": { "S": "META" }, "et": { "S": "invite" }, "v": { "N": "1" }, "tid": { "S": TENANT },
        "roles": { "L": [{ "S": "admin" }] }, "uses": { "N": "1" }, "maxUses": { "N": "1000000" },
        "status": { "S": "open" }, "expiresAt": { "N": "4000000000" }, "createdBy": { "S": "speed" },
        "createdAt": { "N": "1700000000" },
    })
}

fn domain(pk: &str, tenant: &str) -> Value {
    json!({
        "pk": { "S": pk }, "sk": { "S": "PTR" }, "et": { "S": "domain" }, "v": { "N": "1" }, "tid": { "S": tenant },
        "route": { "BOOL": true }, "join": { "BOOL": false }, "method": { "S": "operator" }, "ver": { "N": "1" },
        "verifiedAt": { "N": "1700000000" }, "checkedAt": { "N": "1700000000" },
        "gsi1pk": { "S": format!("TENANT#{tenant}") }, "gsi1sk": { "S": pk },
    })
}

fn known_cell(name: &str) -> Value {
    let pool = if name == DEFAULT_CELL { POOL } else { "eu-west-1_EXAMPLE02" };
    json!({
        "pk": { "S": format!("CELL#{name}") }, "sk": { "S": "META" }, "et": { "S": "cell" }, "v": { "N": "1" },
        "cell": { "S": name }, "pool": { "S": pool }, "region": { "S": "eu-west-1" }, "status": { "S": "open" },
        "capacity": { "N": "10000" }, "tenants": { "N": "1" }, "domain": { "S": format!("{name}.login.example.com") },
        "clientId": { "S": "3n4b5urk1ft4fl3mg5e62d9ado" }, "ver": { "N": "1" }, "createdAt": { "N": "1700000000" },
        "gsi1pk": { "S": "CELLS" }, "gsi1sk": { "S": name },
    })
}

/// Bytes of an item as DynamoDB counts them: names and values, and what lists and maps add (developer guide, "DynamoDB item
/// sizes and formats").
pub(crate) fn size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + size_of_value(value)).sum()
}

fn size_of_value(value: &Value) -> usize {
    let Some((kind, content)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    match (kind.as_str(), content) {
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("L", Value::Array(values)) => 3 + values.iter().map(|value| 1 + size_of_value(value)).sum::<usize>(),
        ("M", Value::Object(values)) => {
            3 + values.iter().map(|(name, value)| 1 + name.len() + size_of_value(value)).sum::<usize>()
        }
        (_, Value::String(text)) => text.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(item: &'a Value, name: &str) -> &'a str {
        item.pointer(&format!("/{name}/S")).unwrap().as_str().unwrap()
    }

    #[test]
    fn a_made_user_has_memberships_and_a_tenant_with_groups() {
        let made = Made { memberships: 3, groups: 100 };

        let items = of_user(&made.sub("00000042"));

        let tenants: Vec<&str> = items.iter().map(|item| text(item, "tid")).collect();
        assert_eq!(tenants, ["t00000042-100", "t00000042-100-001", "t00000042-100-002"]);
        let tenant = get("TENANT#t00000042-100", "META").unwrap();
        let groups = tenant.pointer("/roles/M/admin/M/groups/L").unwrap().as_array().unwrap();
        assert_eq!(groups.len(), 100);
    }

    #[test]
    fn a_stranger_has_no_memberships_and_an_unknown_key_no_item() {
        assert_eq!(of_user("11111111-4a7f-4f0e-9b53-1f7a4c2d9e10"), Vec::<Value>::new());
        for (pk, sk) in [("TENANT#", "META"), ("SLUG#nobody", "PTR"), ("DOMAIN#nobody.com", "PTR")] {
            assert_eq!(get(pk, sk), None, "{pk}");
        }
    }

    /// The guide's rules, by hand.
    #[test]
    fn the_size_of_an_item_is_that_of_its_names_and_values() {
        let rows = [
            (json!({ "pk": { "S": "abc" } }), 2 + 3),
            (json!({ "n": { "N": "1700000000" } }), 1 + 6),
            (json!({ "b": { "BOOL": true } }), 1 + 1),
            (json!({ "l": { "L": [{ "S": "ab" }, { "S": "c" }] } }), 1 + 3 + 2 + 3),
            (json!({ "m": { "M": { "k": { "S": "ab" } } } }), 1 + 3 + 1 + 1 + 2),
        ];
        for (item, bytes) in rows {
            assert_eq!(size(&item), bytes, "{item}");
        }
    }
}
