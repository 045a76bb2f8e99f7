//! Reads cells and plans changes to them.

use tenancy::operate::{Rule, cells};
use tenancy::{Cell, CellName, Timestamp};

use super::{AuditOf, CellEdit, CellRecord, Change, ListPages, Listed, Operator, OperatorError};
use crate::change::Step;
use crate::records::{audit, cell, tenant};

impl Operator {
    /// Reads the cell `name`, strongly consistent.
    pub async fn cell(&self, name: &CellName) -> Result<CellRecord, OperatorError> {
        self.find_cell(name).await?.ok_or_else(|| Rule::CellUnknown(name.clone()).into())
    }

    pub(super) async fn find_cell(&self, name: &CellName) -> Result<Option<CellRecord>, OperatorError> {
        let item = self.table().get("read a cell", cell::key(name)).await?;
        Ok(item.map(|item| CellRecord::decode(name, item)).transpose()?)
    }

    /// All cells from the index, sorted by name.
    pub async fn cells(&self) -> Result<Listed<CellRecord>, OperatorError> {
        self.cells_beginning("").await
    }

    /// The cells whose names begin with `prefix`, from the index, sorted by name.
    pub async fn cells_beginning(&self, prefix: &str) -> Result<Listed<CellRecord>, OperatorError> {
        let items = self.table().index("list the cells", cell::ALL.to_owned(), prefix).await?;
        Ok(items.into_iter().map(CellRecord::listed).collect())
    }

    /// The same cells as [`Operator::cells`], page by page.
    #[must_use]
    pub fn cell_pages(&self) -> ListPages<CellRecord> {
        let pages = self.table().index_pages("list the cells", cell::ALL.to_owned(), "", None);
        ListPages::new(pages, CellRecord::listed)
    }

    /// Plans a new cell. Its user pool must be the pool of no other cell that the index lists.
    pub async fn create_cell(&self, cell: &Cell, now: Timestamp) -> Result<Change, OperatorError> {
        let name = &cell.name;
        if self.table().get("read a cell", cell::key(name)).await?.is_some() {
            return Err(Rule::CellExists(name.clone()).into());
        }
        let others: Vec<Cell> = self.cells().await?.into_iter().flatten().map(|record| record.cell).collect();
        cells::check_pool_is_free(&cell.pool, &others)?;
        let detail = format!("pool {}, capacity {}", cell.pool, cell.capacity);
        Ok(Change::of(vec![
            Step::Create(cell::encode(cell, now)),
            self.cell_audit(name, "cell.create", Some(detail), now),
        ]))
    }

    /// Plans to change a cell. The plan is empty if the cell already has these values.
    pub fn edit_cell(
        &self,
        record: &CellRecord,
        edit: CellEdit,
        action: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let Some(change) = cells::edit(&record.cell, edit)? else { return Ok(Change::default()) };
        let audit = self.cell_audit(&record.cell.name, action, Some(change.detail), now);
        Ok(Change::of(vec![record.edited(&change.edit), audit]))
    }

    /// Counts the tenants that live in the cell, from the index. Offboarded tenants have given their place back. A damaged
    /// tenant counts.
    pub async fn count_tenants(&self, name: &CellName) -> Result<u32, OperatorError> {
        let mut pages = self.table().index_pages("count the tenants", tenant::ALL.to_owned(), "", None);
        let mut count: u32 = 0;
        while let Some(page) = Box::pin(pages.next()).await? {
            let here = page.iter().filter(|item| tenant::lives_in(item, name)).count();
            count = count.saturating_add(u32::try_from(here).unwrap_or(u32::MAX));
        }
        Ok(count)
    }

    /// Plans to correct the number of tenants of a cell. It is written only if the cell has not changed since it was read.
    pub fn recount_cell(&self, record: &CellRecord, counted: u32, now: Timestamp) -> Change {
        let before = record.cell.tenants;
        if before == counted {
            return Change::default();
        }
        let detail = Some(format!("tenants {before} -> {counted}"));
        let audit = self.cell_audit(&record.cell.name, "cell.recount", detail, now);
        Change::of(vec![record.recounted(counted), audit])
    }

    fn cell_audit(&self, name: &CellName, action: &str, detail: Option<String>, now: Timestamp) -> Step {
        self.audit_item_of(AuditOf::Cell(name), action, audit::cell_name(name), detail, now)
    }
}
