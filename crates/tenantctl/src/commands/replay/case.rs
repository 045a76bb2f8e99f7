//! What is known of a case.

use cognito_trigger::event::Event;
use tenancy::sign_in::Notes;
use tenancy::{ClientBinding, Pool, ProviderName, Tenant, TenantId, TenantStatus};

use super::rehearsal::Seen;

#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    /// The event, if it could be read.
    pub(super) event: Option<&'a Event<'a>>,
    /// What the handler saw.
    pub(super) seen: &'a Seen,
    /// How it came to its outcome.
    pub(super) notes: &'a Notes,
    /// Whether the user has just come from an identity provider, so that its word on the address counts.
    pub(super) is_fresh: bool,
    /// `EMAIL_VERIFIED_PROVIDERS`.
    pub(super) verified_providers: &'a [ProviderName],
    /// `POOL_TENANT`.
    pub(super) pool_tenant: Option<&'a TenantId>,
}

impl<'a> Case<'a> {
    /// The tenant that users must be members of here: the pool's, or the app client's.
    pub(super) fn bound(self) -> Option<&'a TenantId> {
        let of_client = || self.seen.binding.as_ref().and_then(ClientBinding::required_tenant);
        self.pool_tenant.or_else(of_client)
    }

    /// The tenant of the app client's own tokens.
    pub(super) fn machine_tenant(self) -> Option<&'a TenantId> {
        match &self.seen.binding {
            Some(binding) => binding.machine_tenant(),
            None => self.pool_tenant,
        }
    }

    /// Whether members of the tenant get tokens in the event's pool.
    pub(super) fn is_active_here(self, tenant: &Tenant) -> bool {
        let pool = self.event.map(|event| Pool { id: &event.pool, tenant: self.pool_tenant });
        tenant.status == TenantStatus::Active && pool.is_none_or(|pool| pool.serves(tenant))
    }

    /// What binds a request to [`Self::bound`], as a clause about `it`.
    pub(super) fn bound_by(self) -> &'static str {
        match self.pool_tenant {
            Some(_) => "this user pool belongs to it (POOL_TENANT)",
            None => "the app client is bound to it",
        }
    }

    /// The same, with the tenant's id.
    pub(super) fn bound_to(self, tenant: &TenantId) -> String {
        match self.pool_tenant {
            Some(_) => format!("this user pool belongs to {tenant} (POOL_TENANT)"),
            None => format!("the app client is bound to {tenant}"),
        }
    }
}
