//! A tenant: `TENANT#<tid>` / `META`.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::operate::tenants::TenantEdit;
use tenancy::route::Resident;
use tenancy::{
    CellName, Damage, MAX_POOLS, Place, PoolId, Role, RoleGrant, Slug, Tenant, TenantId, TenantStatus,
    Timestamp,
};

use crate::change::{Step, Values};
use crate::item::{Attributes, Item, index_keys, new_item, next_version, number, text, text_of, time};
use crate::key::{Key, META, TENANT_PREFIX, tenant_partition};

const ENTITY: &str = "tenant";

/// Index partition of all tenants.
pub(crate) const ALL: &str = "TENANTS";

/// A tenant with the attributes that only operators see.
#[derive(Clone, Debug)]
pub struct TenantRecord {
    pub tenant: Tenant,
    /// The tenant's name in URLs.
    pub slug: Option<Slug>,
    pub place: Place,
    /// Increases with each change. `None` if the item was created by other tools without it.
    pub version: Option<u64>,
    pub created_at: Option<Timestamp>,
    item: Attributes,
}

pub(crate) struct Decoded<'a> {
    pub(crate) tenant: Tenant,
    slug: Option<&'a str>,
    version: Option<u64>,
    created_at: Option<Timestamp>,
}

pub(crate) fn key(id: &TenantId) -> Key {
    Key::new(tenant_partition(id), META)
}

/// The key that the warm-up reads. The functions' roles allow this partition, and no tenant can have this key.
pub(crate) fn warm_up_key() -> Key {
    Key::new(TENANT_PREFIX, META)
}

pub(crate) fn encode(tenant: &Tenant, place: &Place, slug: &Slug, created_at: Timestamp) -> Attributes {
    let id = tenant.id.as_str();
    let attributes = [
        ("tid", text(id)),
        ("name", text(tenant.name.as_str())),
        ("slug", text(slug.as_str())),
        ("tier", text(tenant.tier.as_str())),
        ("status", text(tenant.status.name())),
        ("roles", role_map(&tenant.roles)),
        ("ver", number(1)),
        ("createdAt", time(created_at)),
    ];
    let place = place_attributes(place, &tenant.pools);
    new_item(key(&tenant.id), ENTITY, attributes.into_iter().chain(place).chain(index_keys(ALL, id)))
}

pub(crate) fn decode<'a>(id: &TenantId, attributes: &'a Attributes) -> Result<Decoded<'a>, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    item.as_in_key("tid", id.as_str())?;
    let slug = item.optional_text("slug")?;
    let version = item.optional_number("ver")?;
    let created_at = item.optional_time("createdAt")?;
    let mut roles = BTreeMap::new();
    for (role, grant) in item.optional_map("roles")?.into_iter().flatten() {
        let role = role.parse().map_err(|error| item.damage(format!("`roles`: {error}")))?;
        roles.insert(role, decode_grant(item, grant)?);
    }
    let tenant = Tenant {
        id: id.clone(),
        name: item.parsed("name")?,
        tier: item.parsed("tier")?,
        status: item.one_of("status", &TenantStatus::ALL, TenantStatus::name)?,
        roles,
        pools: decode_pools(item, attributes)?,
    };
    Ok(Decoded { tenant, slug, version, created_at })
}

fn decode_pools(item: Item<'_>, attributes: &Attributes) -> Result<Vec<PoolId>, Damage> {
    let Some(pools) = attributes.get("pools") else { return Ok(Vec::new()) };
    let pools: Vec<PoolId> = item.list("pools", pools)?;
    if (1..=MAX_POOLS).contains(&pools.len()) {
        return Ok(pools);
    }
    Err(item.damage(format!("`pools` does not have 1 to {MAX_POOLS} pools")))
}

/// Where the tenant lives. The functions of a sign-in do not call this, so a malformed place stops nobody's sign-in.
pub(crate) fn decode_place(attributes: &Attributes) -> Result<Place, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    Ok(Place {
        cell: item.optional_parsed("cell")?,
        client: item.optional_parsed("clientId")?,
        provider: item.optional_parsed("provider")?,
        is_listed: item.optional_flag("listed")?,
    })
}

/// What routing needs.
pub(crate) fn decode_resident(id: &TenantId, attributes: &Attributes) -> Result<Resident, Damage> {
    let Decoded { tenant, slug, .. } = decode(id, attributes)?;
    Ok(Resident {
        name: tenant.name,
        status: tenant.status,
        // A malformed slug is ignored, as for operators.
        slug: slug.and_then(|raw| raw.parse().ok()),
        place: decode_place(attributes)?,
    })
}
/// The names of the attributes of a place and of `pools`.
const PLACE: [&str; 5] = ["cell", "clientId", "provider", "listed", "pools"];

/// The attributes of a place and of `pools`; those that are not set are left out.
fn place_attributes(place: &Place, pools: &[PoolId]) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let pools = pools.iter().map(|pool| text(pool.as_str())).collect::<Vec<_>>();
    [
        place.cell.as_ref().map(|cell| ("cell", text(cell.as_str()))),
        place.client.as_ref().map(|client| ("clientId", text(client.as_str()))),
        place.provider.as_ref().map(|provider| ("provider", text(provider.as_str()))),
        place.is_listed.then_some(("listed", AttributeValue::Bool(true))),
        (!pools.is_empty()).then_some(("pools", AttributeValue::L(pools))),
    ]
    .into_iter()
    .flatten()
}

/// Whether the tenant lives in the cell. Only an item that says that the tenant is offboarded does not; a damaged one may.
pub(crate) fn lives_in(attributes: &Attributes, cell: &CellName) -> bool {
    text_of(attributes, "cell") == Some(cell.as_str())
        && text_of(attributes, "status") != Some(TenantStatus::Offboarded.name())
}

fn decode_grant(item: Item<'_>, grant: &AttributeValue) -> Result<RoleGrant, Damage> {
    let AttributeValue::M(grant) = grant else {
        return Err(item.damage("`roles` has a role that is not a map".to_owned()));
    };
    let groups = match grant.get("groups") {
        None => Vec::new(),
        Some(groups) => item.list("roles.groups", groups)?,
    };
    let iam_role = match grant.get("iamRole") {
        None => None,
        Some(AttributeValue::S(arn)) => Some(arn.clone()),
        Some(_) => return Err(item.damage("`roles.iamRole` is not a string".to_owned())),
    };
    Ok(RoleGrant { groups, iam_role })
}

fn role_map(roles: &BTreeMap<Role, RoleGrant>) -> AttributeValue {
    let grants = roles.iter().map(|(role, grant)| {
        let groups = grant.groups.iter().map(|group| text(group.as_str())).collect();
        let mut entry = Attributes::from([("groups".to_owned(), AttributeValue::L(groups))]);
        if let Some(arn) = &grant.iam_role {
            entry.insert("iamRole".to_owned(), text(arn.as_str()));
        }
        (role.as_str().to_owned(), AttributeValue::M(entry))
    });
    AttributeValue::M(grants.collect())
}

impl TenantRecord {
    pub(crate) fn decode(id: &TenantId, item: Attributes) -> Result<Self, Damage> {
        let Decoded { tenant, slug, version, created_at } = decode(id, &item)?;
        // A malformed slug is ignored, as in the functions.
        let slug = slug.and_then(|raw| raw.parse().ok());
        let place = decode_place(&item)?;
        Ok(Self { tenant, slug, place, version, created_at, item })
    }

    pub(crate) fn listed(item: Attributes) -> Result<Self, Damage> {
        let id = text_of(&item, "gsi1sk").and_then(|raw| raw.parse().ok());
        let id: TenantId = id.ok_or_else(|| Damage {
            key: format!("index {ALL}"),
            problem: "`gsi1sk` is not a tenant id".to_owned(),
        })?;
        Self::decode(&id, item)
    }

    /// The condition that the tenant's status has not changed since it was read.
    pub(crate) fn require_status(&self) -> Step {
        Step::Require { before: self.item.clone(), guard: vec!["status"] }
    }

    pub(crate) fn edited(&self, edit: &TenantEdit) -> Step {
        let mut set: Values = Vec::new();
        set.extend(edit.name.as_ref().map(|name| ("name", text(name.as_str()))));
        set.extend(edit.tier.as_ref().map(|tier| ("tier", text(tier.as_str()))));
        set.extend(edit.status.map(|status| ("status", text(status.name()))));
        set.extend(edit.slug.as_ref().map(|slug| ("slug", text(slug.as_str()))));
        set.extend(edit.roles.as_ref().map(|roles| ("roles", role_map(roles))));
        let mut guard = vec!["ver"];
        guard.extend(set.iter().map(|(name, _)| *name));
        set.push(next_version(&self.item));
        Step::update(&self.item, set, guard)
    }

    /// Another place, and other pools. Attributes that are empty there are removed.
    pub(crate) fn moved(&self, place: &Place, pools: &[PoolId]) -> Step {
        let mut set: Values = place_attributes(place, pools).collect();
        let removed = PLACE.into_iter().filter(|name| !set.iter().any(|(kept, _)| kept == name));
        let remove = removed.filter(|name| self.item.contains_key(*name)).collect();
        set.retain(|(name, value)| self.item.get(*name) != Some(value));
        set.push(next_version(&self.item));
        Step::Update { before: self.item.clone(), set, remove, guard: vec!["ver", "status"] }
    }
}
