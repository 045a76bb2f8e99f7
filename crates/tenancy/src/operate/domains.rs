//! Mail domains that lead to a tenant.

use super::Rule;
use super::tenants::check_not_offboarded;
use crate::{MailDomain, Tenant, TenantId};

/// Checks that the mail domain may be given to `tenant`; `present` is the tenant that it leads to now, and whether it routes.
/// `false`: nothing changes.
pub fn set(
    tenant: &Tenant,
    domain: &MailDomain,
    present: Option<(&TenantId, bool)>,
    is_routed: bool,
) -> Result<bool, Rule> {
    check_not_offboarded(tenant)?;
    match present {
        Some((owner, _)) if *owner != tenant.id => {
            Err(Rule::DomainTaken { domain: domain.clone(), tenant: owner.clone() })
        }
        Some((_, was_routed)) => Ok(was_routed != is_routed),
        None => Ok(true),
    }
}
