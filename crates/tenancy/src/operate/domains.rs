//! Mail domains that lead to tenants.

use super::Rule;
use super::tenants::check_not_offboarded;
use crate::{MailDomain, Tenant, TenantId};

/// Checks that the domain may lead to `tenant`; `owner` is the tenant that it leads to now. `false`: it leads there already.
pub fn set(tenant: &Tenant, domain: &MailDomain, owner: Option<&TenantId>) -> Result<bool, Rule> {
    check_not_offboarded(tenant)?;
    match owner {
        Some(owner) if *owner != tenant.id => {
            Err(Rule::DomainTaken { domain: domain.clone(), owner: owner.clone() })
        }
        Some(_) => Ok(false),
        None => Ok(true),
    }
}
