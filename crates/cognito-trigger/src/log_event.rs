//! The closed list of values of the field `event` of a log line. `docs/log-fields.md` describes each.

use function::metrics::CACHE_STALE;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogEvent {
    TokenIssued,
    TokenDenied,
    InviteRedeemed,
    InviteRefused,
    StampDeferred,
    CrossTenant,
    CacheStale,
    DataIntegrity,
    EventInvalid,
}

impl LogEvent {
    pub const ALL: [Self; 9] = [
        Self::TokenIssued,
        Self::TokenDenied,
        Self::InviteRedeemed,
        Self::InviteRefused,
        Self::StampDeferred,
        Self::CrossTenant,
        Self::CacheStale,
        Self::DataIntegrity,
        Self::EventInvalid,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenIssued => "token.issued",
            Self::TokenDenied => "token.denied",
            Self::InviteRedeemed => "invite.redeemed",
            Self::InviteRefused => "invite.refused",
            Self::StampDeferred => "stamp.deferred",
            Self::CrossTenant => "security.cross_tenant",
            Self::CacheStale => CACHE_STALE,
            Self::DataIntegrity => "data.integrity",
            Self::EventInvalid => "event.invalid",
        }
    }
}
