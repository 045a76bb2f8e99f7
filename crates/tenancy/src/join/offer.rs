//! What is on offer to a user, by which way, and what comes of it.

use std::sync::Arc;

use crate::{Damage, EmailHash, Invite, InviteHash, ProviderName, Tenant, TenantId};

/// What is on offer under a code's hash, for one user.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Offer {
    /// The tenant for which this user has used the invite already, if so.
    pub used_for: Option<TenantId>,
    /// The invite and what it leads to; `None` when there is no such invite.
    pub terms: Option<OfferTerms>,
    /// What is wrong with the pointer of the invite's address. The pointer then stays as it is.
    pub damaged_pointer: Option<Damage>,
}

/// An invite and what it leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OfferTerms {
    /// The invite.
    pub invite: Invite,
    /// Its tenant.
    pub tenant: Arc<Tenant>,
    /// The address whose pointer points at it, if it is bound to one.
    pub pointer: Option<EmailHash>,
}

/// Why a user may not join by an offer: for logs and metrics only. A user is told one text for all of them, so that nobody can
/// probe which invites or addresses exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JoinRefusal {
    /// No code came, and the address has no open invite.
    NoInvite,
    /// The code is malformed.
    Malformed,
    /// No invite has the code.
    Unknown,
    /// The invite was revoked.
    Revoked,
    /// The invite has expired.
    Expired,
    /// Others have used it up.
    UsedUp,
    /// It is bound to another address.
    WrongAddress,
    /// The address is not verified, and its identity provider is not trusted for it.
    AddressNotVerified,
    /// The tenant is suspended or offboarded.
    TenantNotActive,
    /// The user's membership there is suspended or removed, which no invite revives.
    MembershipNotActive,
    /// The request asks for another tenant than the app client is bound to.
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
            Self::MembershipNotActive => "membership_not_active",
            Self::WrongTenant => "wrong_tenant",
        }
    }
}

/// By which way a user may join a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// An invite, found by its code or by its address.
    Invite(InviteHash),
    /// The user's identity provider, which is the tenant's own.
    Provider(ProviderName),
}

/// An offer that was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedOffer {
    pub way: Way,
    pub why: JoinRefusal,
}

/// What came of trying to join.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JoinOutcome {
    /// A membership of this tenant was written.
    Joined(TenantId),
    /// An earlier or overlapping call had done it.
    Already,
    /// Nothing was joined.
    Refused(JoinRefusal),
}

impl JoinOutcome {
    /// Why nothing was joined, if so.
    #[must_use]
    pub fn refusal(&self) -> Option<JoinRefusal> {
        match self {
            Self::Refused(why) => Some(*why),
            Self::Joined(_) | Self::Already => None,
        }
    }
}

/// What came of trying to join, and what was passed over on the way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinReport {
    pub outcome: JoinOutcome,
    /// Each offer once.
    pub refused: Vec<RefusedOffer>,
    /// Damaged items that were passed over; the first ones of many.
    pub damaged: Vec<Damage>,
}

impl From<JoinOutcome> for JoinReport {
    fn from(outcome: JoinOutcome) -> Self {
        Self { outcome, refused: Vec::new(), damaged: Vec::new() }
    }
}
