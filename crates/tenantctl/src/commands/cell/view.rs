//! Cells as they are shown.

use serde::Serialize;
use tenancy::operate::cells::tiers_in_words;
use tenancy_aws::operator::CellRecord;

use crate::listing::{Column, Entry};
use crate::moment::Moment;
use crate::page::{Page, Show, joined, or_dash, styled_status};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CellView {
    name: String,
    user_pool_id: String,
    region: String,
    status: &'static str,
    tenants: u32,
    capacity: u32,
    /// Of the capacity, rounded down; `None` without capacity.
    fill_percent: Option<u32>,
    /// Empty: all.
    tiers: Vec<String>,
    client_id: Option<String>,
    domain: String,
    issuer: Option<String>,
    scopes: Vec<String>,
    version: Option<u64>,
    created_at: Option<Moment>,
    #[serde(skip)]
    tiers_in_words: String,
}

impl From<&CellRecord> for CellView {
    fn from(record: &CellRecord) -> Self {
        let cell = &record.cell;
        Self {
            name: cell.name.to_string(),
            user_pool_id: cell.pool.to_string(),
            region: cell.region.to_string(),
            status: cell.status.name(),
            tenants: cell.tenants,
            capacity: cell.capacity,
            fill_percent: cell.tenants.saturating_mul(100).checked_div(cell.capacity),
            tiers: cell.tiers.iter().map(ToString::to_string).collect(),
            client_id: cell.client.as_ref().map(ToString::to_string),
            domain: cell.domain.to_string(),
            issuer: cell.issuer.as_ref().map(ToString::to_string),
            scopes: cell.scopes.iter().map(ToString::to_string).collect(),
            version: record.version,
            created_at: record.created_at.map(Moment),
            tiers_in_words: tiers_in_words(&cell.tiers),
        }
    }
}

impl CellView {
    fn fill(&self) -> String {
        or_dash(self.fill_percent.map(|percent| format!("{percent}%")))
    }
}

impl Show for CellView {
    fn show(&self, page: &mut Page) {
        page.fields([
            ("cell", self.name.clone()),
            ("user pool", self.user_pool_id.clone()),
            ("region", self.region.clone()),
            ("status", styled_status(self.status)),
            ("tenants", format!("{} of {} ({})", self.tenants, self.capacity, self.fill())),
            ("tiers", self.tiers_in_words.clone()),
            ("app client", or_dash(self.client_id.clone())),
            ("domain", self.domain.clone()),
            ("issuer", or_dash(self.issuer.clone())),
            ("scopes", joined(self.scopes.iter().map(String::as_str))),
            ("created", or_dash(self.created_at.map(Moment::minute))),
        ]);
    }
}

impl Entry for CellView {
    const NAME: &'static str = "cells";
    const NONE: &'static str = "There are no such cells.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("cell", |cell| cell.name.clone()),
        ("user pool", |cell| cell.user_pool_id.clone()),
        ("tenants", |cell| format!("{}/{}", cell.tenants, cell.capacity)),
        ("fill", Self::fill),
        ("tiers", |cell| cell.tiers_in_words.clone()),
        ("status", |cell| styled_status(cell.status)),
    ];
}
