//! Bindings of app clients and identity providers to tenants.

use super::tenants::check_not_offboarded;
use super::{Rule, roles_in_words};
use crate::{ClientBinding, ClientBindingMode, ClientId, ProviderBinding, ProviderName, Role, Tenant};

/// The terms for users of a bound identity provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderTerms {
    /// Whether a user who signs in through the provider joins the tenant without an invite.
    pub joins: bool,
    /// The roles of users who join this way, in order of precedence.
    pub default_roles: Vec<Role>,
    /// Whether an e-mail address from the provider counts as verified for this tenant.
    pub is_email_trusted: bool,
}

impl ProviderTerms {
    #[must_use]
    pub fn of(binding: &ProviderBinding) -> Self {
        Self {
            joins: binding.joins,
            default_roles: binding.default_roles.clone(),
            is_email_trusted: binding.is_email_trusted,
        }
    }

    /// The terms in words, for the audit.
    #[must_use]
    pub fn detail(&self) -> String {
        let joins = if self.joins {
            format!("joins with {}", roles_in_words(&self.default_roles))
        } else {
            "does not join".to_owned()
        };
        format!("{joins}, e-mail {}", if self.is_email_trusted { "trusted" } else { "not trusted" })
    }
}

/// Checks that the app client may be bound to `tenant`; `bound` is its present binding. `false`: it already has this binding.
pub fn bind_client(
    tenant: &Tenant,
    client: &ClientId,
    bound: Option<&ClientBinding>,
    mode: ClientBindingMode,
) -> Result<bool, Rule> {
    check_not_offboarded(tenant)?;
    match bound {
        Some(binding) if binding.tenant != tenant.id => {
            Err(Rule::ClientBound { client: client.clone(), tenant: binding.tenant.clone() })
        }
        Some(binding) => Ok(binding.mode != mode),
        None => Ok(true),
    }
}

/// Checks that the identity provider may be bound to `tenant`; `bound` is its present binding. `false`: it already has this
/// binding.
pub fn bind_provider(
    tenant: &Tenant,
    provider: &ProviderName,
    bound: Option<&ProviderBinding>,
    terms: &ProviderTerms,
) -> Result<bool, Rule> {
    check_not_offboarded(tenant)?;
    match bound {
        Some(binding) if binding.tenant != tenant.id => {
            Err(Rule::ProviderBound { provider: provider.clone(), tenant: binding.tenant.clone() })
        }
        Some(binding) => Ok(ProviderTerms::of(binding) != *terms),
        None => Ok(true),
    }
}
