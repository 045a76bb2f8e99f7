//! Reads mail domains, and plans changes to them.

use tenancy::operate::domains;
use tenancy::route::MailRoute;
use tenancy::{MailDomain, TenantId, Timestamp};

use super::{Change, DomainRecord, Listed, Operator, OperatorError, TenantRecord};
use crate::change::Step;
use crate::key::tenant_partition;
use crate::records::{audit, domain};

impl Operator {
    /// Reads a mail domain, strongly consistent.
    pub async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<DomainRecord>, OperatorError> {
        let item = self.table().get("read a mail domain", domain::key(domain)).await?;
        Ok(item.map(DomainRecord::decode).transpose()?)
    }

    /// The mail domains of a tenant, from the index.
    pub async fn mail_domains(&self, tenant: &TenantId) -> Result<Listed<DomainRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the mail domains", partition, domain::PREFIX).await?;
        Ok(items.into_iter().map(DomainRecord::decode).collect())
    }

    /// Plans to give a mail domain to a tenant: see [`domains::set`].
    pub async fn set_mail_domain(
        &self,
        tenant: &TenantRecord,
        domain: &MailDomain,
        is_routed: bool,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = self.mail_domain(domain).await?;
        let present = record.as_ref().map(|record| &record.pointer);
        if !domains::set(&tenant.tenant, domain, present, is_routed)? {
            return Ok(Change::default());
        }
        let id = &tenant.tenant.id;
        let pointer = MailRoute { tenant: id.clone(), is_routed };
        let step = match record {
            None => Step::Create(domain::encode(domain, &pointer, now)),
            Some(record) => record.routed(is_routed, now),
        };
        let detail = if is_routed { "routed" } else { "not routed" };
        let audit =
            self.audit_item(id, "domain.set", audit::domain_name(domain), Some(detail.to_owned()), now);
        Ok(Change::of(vec![tenant.require_status(), step, audit]))
    }

    pub fn remove_mail_domain(&self, record: DomainRecord, now: Timestamp) -> Change {
        let target = audit::domain_name(&record.domain);
        let audit = self.audit_item(&record.pointer.tenant, "domain.remove", target, None, now);
        Change::of(vec![record.deleted(), audit])
    }
}
