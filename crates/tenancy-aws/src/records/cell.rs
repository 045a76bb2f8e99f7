//! A cell: `CELL#<cell>` / `META`.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::operate::cells::CellEdit;
use tenancy::{Cell, CellName, CellStatus, Damage, MAX_CAPACITY, Scope, TenantTier, Timestamp};

use crate::change::{Bound, Step, Values};
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
    /// Increases with each write, also when a tenant comes or goes.
    pub version: Option<u64>,
    pub created_at: Option<Timestamp>,
    item: Attributes,
}

/// Partition of a cell's own items.
pub(crate) fn partition(name: &CellName) -> String {
    format!("{PREFIX}{name}")
}

pub(crate) fn key(name: &CellName) -> Key {
    Key::new(partition(name), META)
}

pub(crate) fn encode(cell: &Cell, created_at: Timestamp) -> Attributes {
    let name = cell.name.as_str();
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
        (!cell.tiers.is_empty()).then(|| ("tiers", tier_list(&cell.tiers))),
        (!cell.scopes.is_empty()).then(|| ("scopes", texts(cell.scopes.iter().map(Scope::as_str)))),
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

fn tier_list(tiers: &[TenantTier]) -> AttributeValue {
    texts(tiers.iter().map(TenantTier::as_str))
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> AttributeValue {
    AttributeValue::L(values.map(text).collect())
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

    /// Counts one tenant more, on the condition that the cell is still open, takes the same tiers and has room.
    pub(crate) fn with_one_more(&self) -> Step {
        self.counted(1, vec!["status", "tiers", "pool"], Bound::Below("tenants", "capacity"))
    }

    /// Counts one tenant less. `None` if the cell counts none, which is wrong: `cell recount` corrects it.
    pub(crate) fn with_one_less(&self) -> Option<Step> {
        (self.cell.tenants > 0).then(|| self.counted(-1, Vec::new(), Bound::Positive("tenants")))
    }

    /// Corrects the number of tenants, on the condition that nothing was written since the cell was read.
    pub(crate) fn recounted(&self, tenants: u32) -> Step {
        self.changed(vec![("tenants", number(tenants.into()))], vec!["tenants", "ver"])
    }

    /// A change by an operator. Tenants may come and go meanwhile, unless the cell is closed by it.
    pub(crate) fn edited(&self, edit: &CellEdit) -> Step {
        let mut set: Values = Vec::new();
        set.extend(edit.status.map(|status| ("status", text(status.name()))));
        set.extend(edit.capacity.map(|capacity| ("capacity", number(capacity.into()))));
        set.extend(edit.client.as_ref().map(|client| ("clientId", text(client.as_str()))));
        set.extend(edit.tiers.as_ref().map(|tiers| ("tiers", tier_list(tiers))));
        let mut guard: Vec<&'static str> = set.iter().map(|(name, _)| *name).collect();
        if edit.status == Some(CellStatus::Closed) {
            guard.push("tenants");
        }
        self.changed(set, guard)
    }

    fn counted(&self, by: i64, guard: Vec<&'static str>, bound: Bound) -> Step {
        let (before, add) = (self.item.clone(), vec![("tenants", by), ("ver", 1)]);
        Step::Count { before, set: Vec::new(), add, guard, bound: Some(bound) }
    }

    fn changed(&self, set: Values, guard: Vec<&'static str>) -> Step {
        Step::Count { before: self.item.clone(), set, add: vec![("ver", 1)], guard, bound: None }
    }
}
