//! A user who may join a tenant, as the event describes them.

use crate::address::{Address, Identities};
use crate::{
    EmailAddress, InviteCode, Pool, Presented, ProviderName, TenantId, Timestamp, UserKey, Username,
};

/// `REDEEM`: whether people join tenants here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Redeem {
    On,
    /// A call that would write a membership fails.
    Off,
}

#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    pub user: &'a UserKey,
    /// `POOL_TENANT`: the only tenant of the user's pool. `None`: many tenants share the pool.
    pub pool_tenant: Option<&'a TenantId>,
    pub redeem: Redeem,
    /// Stored in the membership, for operators.
    pub username: Option<&'a Username>,
    pub email: Option<&'a EmailAddress>,
    /// Whether `email_verified` is exactly `true`.
    pub is_email_verified: bool,
    pub identities: &'a Identities,
    /// Whether the identity provider sent the attributes in this sign-in: see [`Address::is_fresh`].
    pub is_fresh_from_provider: bool,
    /// `EMAIL_VERIFIED_PROVIDERS`.
    pub verified_providers: &'a [ProviderName],
    /// Whether this is a refresh. A session must not move to another tenant.
    pub is_refresh: bool,
    /// `clientMetadata.inviteCode`.
    pub code: &'a Presented<InviteCode>,
    /// Lambda's id of the request, for the audit item.
    pub request_id: &'a str,
    pub now: Timestamp,
}

impl<'a> Applicant<'a> {
    #[must_use]
    pub fn pool(&self) -> Pool<'a> {
        Pool { id: &self.user.pool, tenant: self.pool_tenant }
    }

    #[must_use]
    pub fn address(&self) -> Option<Address<'a>> {
        Some(Address {
            email: self.email?,
            is_verified: self.is_email_verified,
            identities: self.identities,
            is_fresh: self.is_fresh_from_provider,
            verified_providers: self.verified_providers,
        })
    }
}
