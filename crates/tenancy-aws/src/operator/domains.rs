//! Reads the mail domains that lead to tenants, and plans changes to them.

use tenancy::operate::domains;
use tenancy::{MailDomain, Timestamp};

use super::{Change, DomainPointer, Operator, OperatorError, TenantRecord};
use crate::change::Step;
use crate::records::{audit, domain};

impl Operator {
    /// The tenant that a mail domain leads to, strongly consistent.
    pub async fn domain(&self, domain: &MailDomain) -> Result<Option<DomainPointer>, OperatorError> {
        let item = self.table().get("read a mail domain", domain::key(domain)).await?;
        Ok(item.as_ref().map(domain::decode).transpose()?)
    }

    /// Plans to let a mail domain lead to the tenant. The plan is empty if it does already.
    pub async fn set_domain(
        &self,
        tenant: &TenantRecord,
        domain: &MailDomain,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        let owner = self.domain(domain).await?.map(|pointer| pointer.tenant);
        if !domains::set(&tenant.tenant, domain, owner.as_ref())? {
            return Ok(Change::default());
        }
        let pointer = DomainPointer { tenant: id.clone(), is_routed: true };
        Ok(Change::of(vec![
            tenant.require_status(),
            Step::Create(domain::encode(domain, &pointer, now)),
            self.audit_item(id, "domain.set", audit::domain_name(domain), None, now),
        ]))
    }
}
