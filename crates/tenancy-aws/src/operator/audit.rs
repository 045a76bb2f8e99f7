//! Reads the audit items of a tenant or a cell.

use tenancy::Timestamp;

use super::{AuditOf, AuditRecord, ListPages, Operator, OperatorError};
use crate::item::text_of;
use crate::read::Pages;
use crate::records::audit;

/// Selects audit items.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
    /// Only the latest items, at most this many.
    pub limit: Option<usize>,
}

impl Operator {
    /// The selected audit items, oldest first, strongly consistent, page by page; and whether the limit leaves out earlier
    /// ones. With a limit the items are read twice, because only a first pass, from the latest one on, shows where to begin.
    pub async fn audit_pages(
        &self,
        of: AuditOf<'_>,
        query: &AuditQuery,
    ) -> Result<(ListPages<AuditRecord>, bool), OperatorError> {
        let Some((mut from, mut until)) = audit::range(query.from, query.until) else {
            return Ok((ListPages::empty(), false));
        };
        let mut is_cut = false;
        if let Some(limit) = query.limit {
            let range = (from.clone(), until.clone());
            let mut pages = self.audit_range(of, range, Some(limit.saturating_add(1)));
            let mut seen = 0;
            while !is_cut && let Some(page) = Box::pin(pages.next()).await? {
                for item in page {
                    let Some(position) = text_of(&item, "sk") else { continue };
                    is_cut = seen >= limit;
                    if is_cut {
                        break;
                    }
                    if seen == 0 {
                        position.clone_into(&mut until);
                    }
                    position.clone_into(&mut from);
                    seen += 1;
                }
            }
            if seen == 0 {
                return Ok((ListPages::empty(), is_cut));
            }
        }
        let pages = self.audit_range(of, (from, until), None);
        Ok((ListPages::new(pages, |item| Ok(AuditRecord::decode(&item))), is_cut))
    }

    /// In ascending order; with `latest`, in descending order, on pages of at most so many.
    fn audit_range(&self, of: AuditOf<'_>, range: (String, String), latest: Option<usize>) -> Pages {
        self.table().range_pages("read the audit", of.partition(), range, latest)
    }
}
