//! What ties an app client or an identity provider to a tenant.

use crate::{Role, TenantId};

/// What a binding demands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientBindingMode {
    /// Only members of the tenant get tokens through the client, whatever their password.
    Required,
    /// The client's own (client-credentials) tokens carry the tenant; it means nothing to users.
    Machine,
}

impl ClientBindingMode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Required, Self::Machine];

    /// Its name, in the table and wherever it is shown.
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
    /// The tenant.
    pub tenant: TenantId,
    /// What it demands.
    pub mode: ClientBindingMode,
}

impl ClientBinding {
    /// The tenant that users of the client must be members of, if the binding demands one.
    #[must_use]
    pub fn required_tenant(&self) -> Option<&TenantId> {
        (self.mode == ClientBindingMode::Required).then_some(&self.tenant)
    }

    /// The tenant that the client's own tokens carry, if the binding gives one.
    #[must_use]
    pub fn machine_tenant(&self) -> Option<&TenantId> {
        (self.mode == ClientBindingMode::Machine).then_some(&self.tenant)
    }
}

/// The tenant of an identity provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderBinding {
    /// The tenant.
    pub tenant: TenantId,
    /// Whether who signs in through it joins the tenant by that alone.
    pub joins: bool,
    /// The roles of those who do, in order of precedence.
    pub default_roles: Vec<Role>,
    /// Whether an e-mail address that comes from it counts as verified.
    pub is_email_trusted: bool,
}
