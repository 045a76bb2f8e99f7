//! Invites: offers to join one tenant.

use crate::{EmailAddress, InviteHash, Role, TenantId, Timestamp};

/// How long the table keeps an expired invite and its uses: 30 days.
pub const RETENTION_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Default lifetime of an invite: 7 days.
pub const DEFAULT_LIFE_SECONDS: u64 = 7 * 24 * 60 * 60;

/// Maximum lifetime of an invite: 30 days.
pub const LONGEST_LIFE_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Maximum number of users who may redeem one invite. Each use writes the same item, so many uses at once collide.
pub const MOST_USES: u64 = 10_000;

/// The stored status. Expired and used-up invites are still `Open`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteStatus {
    /// Can be redeemed until it expires or is used up.
    Open,
    /// Cannot be redeemed any more.
    Revoked,
}

impl InviteStatus {
    pub const ALL: [Self; 2] = [Self::Open, Self::Revoked];

    /// Its name, in the table and wherever it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Revoked => "revoked",
        }
    }
}

/// An offer to join one tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invite {
    pub hash: InviteHash,
    pub tenant: TenantId,
    /// If set, only this address may redeem the invite, and only if it is verified.
    pub email: Option<EmailAddress>,
    /// The roles of the new member, in order of precedence.
    pub roles: Vec<Role>,
    /// How many users have redeemed it.
    pub uses: u64,
    /// How many users may redeem it.
    pub max_uses: u64,
    pub status: InviteStatus,
    /// The first moment at which the invite is expired.
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// Leads from an address to its open invite of one tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvitePointer {
    pub tenant: TenantId,
    pub hash: InviteHash,
    /// When the invite was created. An invite without it counts as the newest.
    pub created_at: Option<Timestamp>,
    /// The first moment at which the invite is expired. An invite without it counts as not expired.
    pub expires_at: Option<Timestamp>,
}
