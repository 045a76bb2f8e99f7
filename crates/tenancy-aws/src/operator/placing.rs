//! Places tenants in cells. Many placements at once write the same item: the count of a cell.

use std::time::Duration;

use tenancy::operate::cells;
use tenancy::ports::StoreError;
use tenancy::{Cell, CellName, PoolId, TenantId, TenantTier, Timestamp};

use super::{CellRecord, Change, Operator, OperatorError, Pick, TenantRecord};
use crate::call_error::CallError;
use crate::change::Step;
use crate::client::wait;
use crate::records::audit;

/// Placements of one tenant: the first, and five more when others fill the chosen cell first.
const MOST_TRIES: u32 = 6;

/// Longest wait before a second placement. It doubles with each; the wait is a random part of it (full jitter).
const BASE_WAIT: Duration = Duration::from_millis(50);

impl Operator {
    /// The cell that takes a tenant of `tier` now: `named`, or by `pick` one of the cells that the index lists and that `is_fit`
    /// accepts. The cell itself is read strongly consistent.
    pub async fn choose_cell(
        &self,
        tier: &TenantTier,
        named: Option<&CellName>,
        is_fit: &dyn Fn(&Cell) -> bool,
        pick: Pick,
    ) -> Result<CellRecord, OperatorError> {
        if let Some(name) = named {
            let record = self.cell(name).await?;
            cells::check_takes(&record.cell, tier)?;
            return Ok(record);
        }
        // A damaged cell takes nobody, and is no reason to place nobody.
        let mut listed: Vec<Cell> =
            self.cells().await?.into_iter().flatten().map(|record| record.cell).collect();
        listed.retain(is_fit);
        loop {
            let name = cells::choose(&listed, tier, pick)?.name.clone();
            let found = self.find_cell(&name).await?;
            // Where the index was behind, another cell may be the one.
            match found {
                Some(record) if cells::check_takes(&record.cell, tier).is_ok() => return Ok(record),
                found => {
                    listed.retain(|cell| cell.name != name);
                    listed.extend(found.map(|record| record.cell));
                }
            }
        }
    }

    /// Plans with the cell that takes a tenant of `tier`, and writes the plan. If other placements fill the cell first, it
    /// plans again, up to [`MOST_TRIES`] times in all, and then fails with [`OperatorError::Crowded`].
    pub async fn place(
        &self,
        tier: &TenantTier,
        named: Option<&CellName>,
        is_fit: &dyn Fn(&Cell) -> bool,
        plan: impl AsyncFn(&CellRecord) -> Result<Change, OperatorError>,
    ) -> Result<CellRecord, OperatorError> {
        let mut pick = Pick::Emptiest;
        for attempt in 1..=MOST_TRIES {
            let record = self.choose_cell(tier, named, is_fit, pick).await?;
            let change = plan(&record).await?;
            match self.apply(change, "the cell").await {
                Ok(()) => return Ok(record),
                Err(OperatorError::Overtaken(_)) => {}
                Err(OperatorError::Store(error)) if is_collision(&error) => {}
                Err(error) => return Err(error),
            }
            if attempt < MOST_TRIES {
                wait(&self.table().client, BASE_WAIT.saturating_mul(1 << attempt)).await;
            }
            pick = Pick::FreePlace(fastrand::u64(..));
        }
        Err(OperatorError::Crowded(MOST_TRIES))
    }

    /// Plans to place an existing tenant in a cell: from then on its members get tokens in the cell's user pool alone.
    /// `in_use` are the pools of [`Operator::pools_in_use`].
    pub fn place_tenant(
        &self,
        record: &TenantRecord,
        cell: &CellRecord,
        in_use: &[PoolId],
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        cells::check_place(&record.tenant, &record.place)?;
        cells::check_pools(&record.tenant.id, in_use, &cell.cell)?;
        let mut place = record.place.clone();
        place.cell = Some(cell.cell.name.clone());
        let mut steps = vec![record.moved(&place, std::slice::from_ref(&cell.cell.pool))];
        steps.extend(self.taken_in(&record.tenant.id, cell, now));
        Ok(Change::of(steps))
    }

    /// The user pools in which the tenant has members who were not removed, app clients or identity providers, from the
    /// index, sorted.
    pub async fn pools_in_use(&self, tenant: &TenantId) -> Result<Vec<PoolId>, OperatorError> {
        let mut pools = Vec::new();
        let mut note = |pool: PoolId| {
            if let Err(place) = pools.binary_search(&pool) {
                pools.insert(place, pool);
            }
        };
        let pages = self.member_pages(tenant, None);
        let is_left = |status| status != tenancy::MembershipStatus::Removed;
        pages
            .each(|listed| {
                if let Ok(member) = listed
                    && is_left(member.membership.status)
                {
                    note(member.user.pool);
                }
            })
            .await?;
        self.clients(tenant).await?.into_iter().flatten().for_each(|client| note(client.pool));
        self.providers(tenant).await?.into_iter().flatten().for_each(|provider| note(provider.pool));
        Ok(pools)
    }

    /// The count of the cell, and the audit item of the tenant.
    pub(super) fn taken_in(&self, tenant: &TenantId, cell: &CellRecord, now: Timestamp) -> [Step; 2] {
        let detail = format!("pool {}", cell.cell.pool);
        let target = audit::cell_name(&cell.cell.name);
        [cell.with_one_more(), self.audit_item(tenant, "tenant.place", target, Some(detail), now)]
    }

    /// Gives back the tenant's place in its cell, if it has one and the cell counts it.
    pub(super) async fn place_given_back(
        &self,
        record: &TenantRecord,
    ) -> Result<Option<Step>, OperatorError> {
        let Some(name) = &record.place.cell else { return Ok(None) };
        let cell = self.find_cell(name).await?;
        Ok(cell.and_then(|cell| cell.with_one_less()))
    }
}

/// Whether a transaction was given up, because other transactions wrote the same items all the time.
fn is_collision(error: &StoreError) -> bool {
    let StoreError::Unavailable { source, .. } = error else { return false };
    let error = source.downcast_ref::<CallError>();
    error.is_some_and(|error| error.code.as_deref() == Some("TransactionCanceledException"))
}
