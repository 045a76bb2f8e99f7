//! Cells: which one takes a tenant, and what operators may change.

use super::Rule;
use super::tenants::check_not_offboarded;
use crate::{Cell, CellStatus, ClientId, Place, PoolId, Tenant, TenantId, TenantTier};

/// How to pick one of several cells that take a tenant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pick {
    /// The cell that has the lowest share of its capacity in use; of equals, the first by name.
    Emptiest,
    /// The cell with the free place of this number, counted over all cells in the order of their names. A number beyond the
    /// last place counts on from the first. With random numbers, placements that lost a race spread over all free places, and
    /// do not meet at one cell again.
    FreePlace(u64),
}

/// Picks the cell for a new tenant of `tier`.
pub fn choose<'a>(
    cells: impl IntoIterator<Item = &'a Cell>,
    tier: &TenantTier,
    pick: Pick,
) -> Result<&'a Cell, Rule> {
    let mut is_taken = false;
    let mut candidates = Vec::new();
    for cell in cells {
        match check_takes(cell, tier) {
            Ok(()) => candidates.push(cell),
            Err(Rule::CellFull(_)) => is_taken = true,
            Err(_) => {}
        }
    }
    candidates.sort_by(|left, right| left.name.cmp(&right.name));
    let picked = match pick {
        Pick::Emptiest => candidates.iter().min_by(|left, right| {
            // Fractions compare as their cross products.
            let share = |cell: &Cell, other: &Cell| u64::from(cell.tenants) * u64::from(other.capacity);
            share(left, right).cmp(&share(right, left))
        }),
        Pick::FreePlace(number) => {
            let all: u64 = candidates.iter().map(|cell| free_places(cell)).sum();
            let mut number = number.checked_rem(all).unwrap_or_default();
            candidates.iter().find(|cell| {
                let free = free_places(cell);
                let is_here = number < free;
                number = number.saturating_sub(free);
                is_here
            })
        }
    };
    picked
        .copied()
        .ok_or_else(|| if is_taken { Rule::CellsFull(tier.clone()) } else { Rule::NoCell(tier.clone()) })
}

/// Checks that the cell takes one more tenant of `tier`.
pub fn check_takes(cell: &Cell, tier: &TenantTier) -> Result<(), Rule> {
    if cell.status != CellStatus::Open {
        Err(Rule::CellNotOpen { cell: cell.name.clone(), status: cell.status })
    } else if !cell.tiers.is_empty() && !cell.tiers.contains(tier) {
        Err(Rule::CellTier { cell: cell.name.clone(), tier: tier.clone() })
    } else if cell.tenants >= cell.capacity {
        Err(Rule::CellFull(cell.name.clone()))
    } else {
        Ok(())
    }
}

/// Checks that an existing tenant may be placed.
pub fn check_place(tenant: &Tenant, place: &Place) -> Result<(), Rule> {
    check_not_offboarded(tenant)?;
    match &place.cell {
        None => Ok(()),
        Some(cell) => Err(Rule::TenantPlaced { tenant: tenant.id.clone(), cell: cell.clone() }),
    }
}

/// Checks that the tenant has members and bindings in no other user pool than the cell's. `in_use` are the pools where it has
/// some.
pub fn check_pools(tenant: &TenantId, in_use: &[PoolId], cell: &Cell) -> Result<(), Rule> {
    match in_use.iter().find(|pool| **pool != cell.pool) {
        None => Ok(()),
        Some(pool) => {
            Err(Rule::TenantElsewhere { tenant: tenant.clone(), pool: pool.clone(), cell: cell.name.clone() })
        }
    }
}

/// Checks that the user pool of a new cell is the pool of none of `cells`.
pub fn check_pool_is_free<'a>(pool: &PoolId, cells: impl IntoIterator<Item = &'a Cell>) -> Result<(), Rule> {
    match cells.into_iter().find(|cell| cell.pool == *pool) {
        None => Ok(()),
        Some(cell) => Err(Rule::CellPoolTaken { pool: pool.clone(), cell: cell.name.clone() }),
    }
}

/// New values for a cell. `None` keeps the present value.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CellEdit {
    pub status: Option<CellStatus>,
    /// It can be below the number of tenants: the cell then takes no tenants.
    pub capacity: Option<u32>,
    /// Replaces all tiers. If empty, the cell takes all tiers.
    pub tiers: Option<Vec<TenantTier>>,
    pub client: Option<ClientId>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CellChange {
    /// Only the values that differ from the present ones.
    pub edit: CellEdit,
    /// The difference in words, for the audit.
    pub detail: String,
}

/// Changes a cell. `None`: the cell already has these values.
pub fn edit(cell: &Cell, edit: CellEdit) -> Result<Option<CellChange>, Rule> {
    let edit = CellEdit {
        status: edit.status.filter(|status| *status != cell.status),
        capacity: edit.capacity.filter(|capacity| *capacity != cell.capacity),
        tiers: edit.tiers.filter(|tiers| *tiers != cell.tiers),
        client: edit.client.filter(|client| cell.client.as_ref() != Some(client)),
    };
    if edit == CellEdit::default() {
        return Ok(None);
    }
    if edit.status == Some(CellStatus::Closed) && cell.tenants > 0 {
        return Err(Rule::CellNotEmpty { cell: cell.name.clone(), tenants: cell.tenants });
    }
    let detail = difference(cell, &edit).join(", ");
    Ok(Some(CellChange { edit, detail }))
}

/// Tiers of a cell in words.
#[must_use]
pub fn tiers_in_words(tiers: &[TenantTier]) -> String {
    if tiers.is_empty() {
        return "all".to_owned();
    }
    tiers.iter().map(TenantTier::as_str).collect::<Vec<_>>().join(", ")
}

fn free_places(cell: &Cell) -> u64 {
    u64::from(cell.capacity.saturating_sub(cell.tenants))
}

fn difference(cell: &Cell, edit: &CellEdit) -> Vec<String> {
    let old_client = cell.client.as_ref().map_or("none", ClientId::as_str);
    let mut parts = Vec::new();
    parts.extend(edit.status.map(|status| format!("status {} -> {}", cell.status.name(), status.name())));
    parts.extend(edit.capacity.map(|capacity| format!("capacity {} -> {capacity}", cell.capacity)));
    parts.extend(
        edit.tiers
            .as_ref()
            .map(|tiers| format!("tiers {} -> {}", tiers_in_words(&cell.tiers), tiers_in_words(tiers))),
    );
    parts.extend(edit.client.as_ref().map(|client| format!("client {old_client} -> {client}")));
    parts
}
