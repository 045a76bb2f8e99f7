//! What ties an app client to a tenant.

use crate::TenantId;

/// What a binding demands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientBindingMode {
    /// Only members of the tenant get tokens through the client, whatever their password.
    Required,
    /// The client's own (client-credentials) tokens carry the tenant; it means nothing to users.
    Machine,
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
