//! Reads mail domains, and plans changes to them.

use tenancy::operate::domains;
use tenancy::route::MailRoute;
use tenancy::{MailDomain, Timestamp};

use super::{Change, DomainRecord, Operator, OperatorError, TenantRecord};
use crate::change::Step;
use crate::records::audit;
use crate::records::domain;

impl Operator {
    /// Reads a mail domain, strongly consistent.
    pub async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<DomainRecord>, OperatorError> {
        let item = self.table().get("read a mail domain", domain::key(domain)).await?;
        Ok(item.map(DomainRecord::decode).transpose()?)
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
        let present = record.as_ref().map(|record| (&record.pointer.tenant, record.pointer.is_routed));
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
}
