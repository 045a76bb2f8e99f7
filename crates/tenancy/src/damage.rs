//! An item of the store that cannot be right.

use crate::{InviteHash, PoolId, ProviderName, TenantId};

/// An item that cannot be what it claims to be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("damaged item {key}: {problem}")]
pub struct Damage {
    /// The item's key, hashes cut short.
    pub key: String,
    /// What is wrong with it; names attributes, quotes none of their values.
    pub problem: String,
}

impl Damage {
    /// Of a tenant's record, under the key of `docs/table.md`.
    pub(crate) fn of_tenant(id: &TenantId, problem: &str) -> Self {
        Self { key: format!("TENANT#{id}"), problem: problem.to_owned() }
    }

    /// Of an invite.
    pub(crate) fn of_invite(hash: &InviteHash, problem: String) -> Self {
        Self { key: format!("INVITE#{}", hash.short()), problem }
    }

    /// Of an identity provider's binding.
    pub(crate) fn of_provider(pool: &PoolId, provider: &ProviderName, problem: &str) -> Self {
        Self { key: format!("IDP#{pool}#{provider} / PTR"), problem: problem.to_owned() }
    }
}
