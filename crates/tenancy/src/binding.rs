//! The binding of an app client or an identity provider to a tenant.

use crate::{Role, TenantId};

/// How an app client is bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientBindingMode {
    /// Only members of the tenant get tokens through the client.
    Required,
    /// The client's own tokens (client credentials) carry the tenant. Users' tokens are not affected.
    Machine,
}

impl ClientBindingMode {
    pub const ALL: [Self; 2] = [Self::Required, Self::Machine];

    /// The name in the table and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Machine => "machine",
        }
    }
}

/// The tenant of an app client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientBinding {
    pub tenant: TenantId,
    pub mode: ClientBindingMode,
}

impl ClientBinding {
    /// The tenant that users of the client must be members of; `None` in machine mode.
    #[must_use]
    pub fn required_tenant(&self) -> Option<&TenantId> {
        (self.mode == ClientBindingMode::Required).then_some(&self.tenant)
    }

    /// The tenant in the client's own tokens; `None` in required mode.
    #[must_use]
    pub fn machine_tenant(&self) -> Option<&TenantId> {
        (self.mode == ClientBindingMode::Machine).then_some(&self.tenant)
    }
}

/// The tenant of an identity provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderBinding {
    pub tenant: TenantId,
    /// Whether users join the tenant by signing in through the provider, without an invite.
    pub joins: bool,
    /// The roles of users who join that way, in order of precedence.
    pub default_roles: Vec<Role>,
    /// Whether an e-mail address from the provider opens invites of the tenant.
    pub is_email_trusted: bool,
}
