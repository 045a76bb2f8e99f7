//! An offer to a user, and the result of trying to join.

use std::sync::Arc;

use crate::{Damage, EmailHash, Invite, InviteHash, ProviderName, Tenant, TenantId};

/// The result of looking up a code's hash for one user.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Offer {
    /// The tenant that this user has joined with the invite before.
    pub used_for: Option<TenantId>,
    /// `None` when there is no such invite.
    pub terms: Option<OfferTerms>,
    /// What is wrong with the pointer of the invite's address. Such a pointer is left unchanged.
    pub damaged_pointer: Option<Damage>,
}

/// An invite, its tenant and its pointer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OfferTerms {
    pub invite: Invite,
    pub tenant: Arc<Tenant>,
    /// The invite's address, if its pointer points at the invite.
    pub pointer: Option<EmailHash>,
}

/// Why a user may not join, for logs and metrics only. The user gets one text for all reasons, so that nobody can probe which
/// invites or addresses exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JoinRefusal {
    /// No code came, and the address has no open invite.
    NoInvite,
    Malformed,
    /// No invite has this code.
    Unknown,
    Revoked,
    Expired,
    /// As many users as the invite allows have redeemed it.
    UsedUp,
    /// The invite is bound to another address.
    WrongAddress,
    /// The address is not verified, and the tenant does not trust its identity provider.
    AddressNotVerified,
    /// The tenant is suspended or offboarded.
    TenantNotActive,
    /// The tenant is in other user pools than that of the request.
    OtherPool,
    /// The user's membership in the tenant is suspended or removed. An invite does not revive it.
    MembershipNotActive,
    /// The app client is bound, and the request asks for another tenant or a malformed one.
    WrongTenant,
}

impl JoinRefusal {
    /// A stable name for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoInvite => "no_invite",
            Self::Malformed => "malformed_code",
            Self::Unknown => "unknown_code",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::UsedUp => "used_up",
            Self::WrongAddress => "wrong_address",
            Self::AddressNotVerified => "address_not_verified",
            Self::TenantNotActive => "tenant_not_active",
            Self::OtherPool => "other_pool",
            Self::MembershipNotActive => "membership_not_active",
            Self::WrongTenant => "wrong_tenant",
        }
    }
}

/// How a user may join a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    Invite(InviteHash),
    /// An identity provider that is bound to the tenant with `join`.
    Provider(ProviderName),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedOffer {
    pub way: Way,
    pub why: JoinRefusal,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JoinOutcome {
    /// A membership of this tenant was written.
    Joined(TenantId),
    /// An earlier or overlapping call has done it.
    Already,
    Refused(JoinRefusal),
}

impl JoinOutcome {
    #[must_use]
    pub fn refusal(&self) -> Option<JoinRefusal> {
        match self {
            Self::Refused(why) => Some(*why),
            Self::Joined(_) | Self::Already => None,
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinReport {
    pub outcome: JoinOutcome,
    /// The refused offers, each once.
    pub refused: Vec<RefusedOffer>,
    /// Damaged items that were skipped, 10 at most.
    pub damaged: Vec<Damage>,
}

impl From<JoinOutcome> for JoinReport {
    fn from(outcome: JoinOutcome) -> Self {
        Self { outcome, refused: Vec::new(), damaged: Vec::new() }
    }
}
