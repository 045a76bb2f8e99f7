//! What is known of a case.

use cognito_trigger::event::Event;
use tenancy::ProviderName;
use tenancy::sign_in::Notes;

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
}
