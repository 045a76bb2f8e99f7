//! An invite: an open offer of one tenant.

use crate::{EmailAddress, InviteHash, Role, TenantId, Timestamp};

/// How long an invite and its uses are kept after it has expired: 30 days. Then the table may drop them.
pub const RETENTION_SECONDS: u64 = 30 * 24 * 60 * 60;

/// How long an invite can be redeemed unless its maker says otherwise: 7 days.
pub const DEFAULT_LIFE_SECONDS: u64 = 7 * 24 * 60 * 60;

/// The longest time for which an invite can be redeemed: 30 days.
pub const LONGEST_LIFE_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Most users who may redeem one invite. Each use writes the same item, so that many at once queue up.
pub const MOST_USES: u64 = 10_000;

/// Whether an invite has been taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteStatus {
    Open,
    /// Nobody can redeem it any more.
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
    /// Key: the hash of the code.
    pub hash: InviteHash,
    /// The tenant to join.
    pub tenant: TenantId,
    /// If given, only this address may redeem it, and only verified.
    pub email: Option<EmailAddress>,
    /// The roles that come with it, in order of precedence.
    pub roles: Vec<Role>,
    /// How many users have redeemed it.
    pub uses: u64,
    /// How many may.
    pub max_uses: u64,
    /// Whether it has been taken back.
    pub status: InviteStatus,
    /// From this moment on it is expired.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// That an address has an open invite of a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvitePointer {
    /// The tenant.
    pub tenant: TenantId,
    /// The invite.
    pub hash: InviteHash,
    /// When the invite was made; without it, it counts as the newest.
    pub created_at: Option<Timestamp>,
    /// From this moment on the invite is expired; without it, it counts as not expired.
    pub expires_at: Option<Timestamp>,
}
