//! A damaged item of the table.

use crate::{ClientId, InviteHash, PoolId, ProviderName, TenantId};

/// An item that breaks the rules of its type.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("damaged item {key}: {problem}")]
pub struct Damage {
    /// The item's key, with hashes cut to 8 digits.
    pub key: String,
    /// What is wrong. It names attributes and never quotes their values.
    pub problem: String,
}

impl Damage {
    /// Of a tenant's record, under the key of `docs/table.md`.
    #[must_use]
    pub fn of_tenant(id: &TenantId, problem: &str) -> Self {
        Self { key: format!("TENANT#{id}"), problem: problem.to_owned() }
    }

    /// Of an invite.
    pub(crate) fn of_invite(hash: &InviteHash, problem: String) -> Self {
        Self { key: format!("INVITE#{}", hash.short()), problem }
    }

    /// Of an app client's binding.
    pub(crate) fn of_client(pool: &PoolId, client: &ClientId, problem: &str) -> Self {
        Self { key: format!("CLIENT#{pool}#{client} / PTR"), problem: problem.to_owned() }
    }

    /// Of an identity provider's binding.
    pub(crate) fn of_provider(pool: &PoolId, provider: &ProviderName, problem: &str) -> Self {
        Self { key: format!("IDP#{pool}#{provider} / PTR"), problem: problem.to_owned() }
    }
}
