//! A cell: `CELL#<cell>` / `META`.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{Cell, CellName, CellStatus, Damage, MAX_CAPACITY, Timestamp};

use crate::item::{Attributes, Item, index_keys, new_item, number, text, text_of, time};
use crate::key::{Key, META};

const ENTITY: &str = "cell";

const PREFIX: &str = "CELL#";

/// Index partition of all cells.
pub(crate) const ALL: &str = "CELLS";

/// A cell with the attributes that only operators see.
#[derive(Clone, Debug)]
pub struct CellRecord {
    pub cell: Cell,
    /// Increases with each change by an operator; placing a tenant does not change it.
    pub version: Option<u64>,
    pub created_at: Option<Timestamp>,
    item: Attributes,
}

pub(crate) fn key(name: &CellName) -> Key {
    Key::new(format!("{PREFIX}{name}"), META)
}

pub(crate) fn encode(cell: &Cell, created_at: Timestamp) -> Attributes {
    let name = cell.name.as_str();
    let texts = |values: Vec<&str>| AttributeValue::L(values.into_iter().map(text).collect());
    let attributes = [
        ("cell", text(name)),
        ("pool", text(cell.pool.as_str())),
        ("region", text(cell.region.as_str())),
        ("status", text(cell.status.name())),
        ("capacity", number(cell.capacity.into())),
        ("tenants", number(cell.tenants.into())),
        ("domain", text(cell.domain.as_str())),
        ("ver", number(1)),
        ("createdAt", time(created_at)),
    ];
    let optional = [
        cell.client.as_ref().map(|client| ("clientId", text(client.as_str()))),
        cell.issuer.as_ref().map(|issuer| ("issuer", text(issuer.as_str()))),
        (!cell.tiers.is_empty())
            .then(|| ("tiers", texts(cell.tiers.iter().map(tenancy::TenantTier::as_str).collect()))),
        (!cell.scopes.is_empty())
            .then(|| ("scopes", texts(cell.scopes.iter().map(tenancy::Scope::as_str).collect()))),
    ];
    let attributes = attributes.into_iter().chain(optional.into_iter().flatten());
    new_item(key(&cell.name), ENTITY, attributes.chain(index_keys(ALL, name)))
}

pub(crate) fn decode(name: &CellName, attributes: &Attributes) -> Result<Cell, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    item.as_in_key("cell", name.as_str())?;
    let capacity = item.number("capacity")?;
    let capacity = u32::try_from(capacity).ok().filter(|capacity| *capacity <= MAX_CAPACITY);
    let tenants = u32::try_from(item.number("tenants")?).ok();
    Ok(Cell {
        name: name.clone(),
        pool: item.parsed("pool")?,
        region: item.parsed("region")?,
        status: item.one_of("status", &CellStatus::ALL, CellStatus::name)?,
        capacity: capacity.ok_or_else(|| item.damage(format!("`capacity` is more than {MAX_CAPACITY}")))?,
        tenants: tenants.ok_or_else(|| item.damage("`tenants` is too large".to_owned()))?,
        tiers: item.optional_list("tiers")?,
        client: item.optional_parsed("clientId")?,
        domain: item.parsed("domain")?,
        issuer: item.optional_parsed("issuer")?,
        scopes: item.optional_list("scopes")?,
    })
}

impl CellRecord {
    pub(crate) fn decode(name: &CellName, item: Attributes) -> Result<Self, Damage> {
        let cell = decode(name, &item)?;
        let opened = Item::open(ENTITY, &item)?;
        let (version, created_at) = (opened.optional_number("ver")?, opened.optional_time("createdAt")?);
        Ok(Self { cell, version, created_at, item })
    }

    pub(crate) fn listed(item: Attributes) -> Result<Self, Damage> {
        let name = text_of(&item, "gsi1sk").and_then(|raw| raw.parse().ok());
        let name: CellName = name.ok_or_else(|| Damage {
            key: format!("index {ALL}"),
            problem: "`gsi1sk` is not a cell name".to_owned(),
        })?;
        Self::decode(&name, item)
    }
}
