//! Reads the audit items of a tenant.

use tenancy::{TenantId, Timestamp};

use super::{AuditRecord, Operator, OperatorError};
use crate::key::tenant_partition;
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
    /// The selected audit items, oldest first, strongly consistent.
    pub async fn audit(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
    ) -> Result<Vec<AuditRecord>, OperatorError> {
        let Some(range) = audit::range(query.from, query.until) else { return Ok(Vec::new()) };
        let partition = tenant_partition(tenant);
        let items = self.table().range("read the audit", partition, range, query.limit).await?;
        let mut records: Vec<AuditRecord> = items.iter().map(AuditRecord::decode).collect();
        if let Some(limit) = query.limit {
            records.truncate(limit);
            records.reverse();
        }
        Ok(records)
    }
}
