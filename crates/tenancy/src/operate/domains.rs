//! Mail domains that lead to a tenant.

use super::Rule;
use super::tenants::check_not_offboarded;
use crate::route::MailRoute;
use crate::{MailDomain, Tenant};

/// Checks that the mail domain may be given to `tenant`; `present` is what it leads to now. `false`: nothing changes.
pub fn set(
    tenant: &Tenant,
    domain: &MailDomain,
    present: Option<&MailRoute>,
    is_routed: bool,
) -> Result<bool, Rule> {
    check_not_offboarded(tenant)?;
    match present {
        Some(present) if present.tenant != tenant.id => {
            Err(Rule::DomainTaken { domain: domain.clone(), tenant: present.tenant.clone() })
        }
        Some(present) => Ok(present.is_routed != is_routed),
        None => Ok(true),
    }
}
