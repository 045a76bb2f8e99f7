//! A user who may join a tenant, as the event tells it.

use crate::address::{Address, Identities};
use crate::{EmailAddress, InviteCode, Presented, ProviderName, Timestamp, UserKey, Username};

/// Who may join: the user, and what the request brought.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// The user.
    pub user: &'a UserKey,
    /// The name for Cognito's API; kept in the membership for operators.
    pub username: Option<&'a Username>,
    /// The e-mail address.
    pub email: Option<&'a EmailAddress>,
    /// Whether `email_verified` is exactly `true`.
    pub is_email_verified: bool,
    /// The user's identities at identity providers.
    pub identities: &'a Identities,
    /// Whether the attributes are fresh from the provider, if the user has one: see [`Address::is_fresh`].
    pub is_fresh_from_provider: bool,
    /// `EMAIL_VERIFIED_PROVIDERS`.
    pub verified_providers: &'a [ProviderName],
    /// Whether the session is being refreshed, so that it must not move to another tenant.
    pub is_refresh: bool,
    /// The code that came with the request.
    pub code: &'a Presented<InviteCode>,
    /// The request that this is part of, for the audit item.
    pub request_id: &'a str,
    /// The time of the request.
    pub now: Timestamp,
}

impl<'a> Applicant<'a> {
    /// The address, and what speaks for it.
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
