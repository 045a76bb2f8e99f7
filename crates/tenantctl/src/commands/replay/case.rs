//! What is known of a case.

use cognito_trigger::TriggerSettings;
use cognito_trigger::event::Event;
use tenancy::join::Redeem;
use tenancy::live::TenantState;
use tenancy::sign_in::Notes;
use tenancy::{Pool, TenantId};

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
    pub(super) settings: &'a TriggerSettings,
}

impl<'a> Case<'a> {
    /// `POOL_TENANT`.
    pub(super) fn pool_tenant(self) -> Option<&'a TenantId> {
        self.settings.pool_tenant.as_ref()
    }

    fn pool(self) -> Option<Pool<'a>> {
        Some(Pool { id: &self.event?.pool, tenant: self.pool_tenant() })
    }

    /// The tenant that users must be members of here. A client of another tenant than the pool's is damage, and is refused
    /// before this is asked.
    pub(super) fn bound(self) -> Option<&'a TenantId> {
        self.pool()?.required_tenant(None, self.seen.binding.as_ref()).ok()?
    }

    /// The tenant of the app client's own tokens.
    pub(super) fn machine_tenant(self) -> Option<&'a TenantId> {
        let client = self.event?.client().ok()??;
        self.pool()?.machine_tenant(client, self.seen.binding.as_ref()).ok()?
    }

    /// The state of a tenant for users of this pool; `None` when it was not read or does not exist.
    pub(super) fn state(self, tenant: &TenantId) -> Option<TenantState> {
        Some(TenantState::of(self.seen.tenant(tenant)?, self.pool()?))
    }

    /// Whether the pool serves a tenant; `None` when it was not read or does not exist.
    pub(super) fn is_served(self, tenant: &TenantId) -> Option<bool> {
        Some(self.pool()?.serves(self.seen.tenant(tenant)?))
    }

    pub(super) fn is_gone(self, tenant: &TenantId) -> bool {
        self.state(tenant).is_some_and(TenantState::is_gone)
    }

    /// What binds a request to a tenant, as a clause about `it`.
    pub(super) fn bound_by(self) -> &'static str {
        match self.pool_tenant() {
            Some(_) => "this user pool belongs to it (POOL_TENANT)",
            None => "the app client is bound to it",
        }
    }

    /// The same, with the tenant's id.
    pub(super) fn bound_to(self, tenant: &TenantId) -> String {
        match self.pool_tenant() {
            Some(_) => format!("this user pool belongs to {tenant} (POOL_TENANT)"),
            None => format!("the app client is bound to {tenant}"),
        }
    }

    /// Where an open invite is redeemed, if not here: what follows "the next sign-in".
    pub(super) fn redeemed_elsewhere(self) -> Option<&'static str> {
        (self.settings.redeem == Redeem::Off).then_some("in the Region with REDEEM=on")
    }
}
