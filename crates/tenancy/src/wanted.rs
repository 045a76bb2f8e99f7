//! Which tenant a request is for.

use crate::{Presented, TenantId};

/// The app client is bound, and the request asks for another tenant or a malformed one. Nothing is redeemed, and no token is
/// issued.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Contradiction;

/// Which tenant a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted<'a> {
    /// No particular tenant.
    Any,
    /// The tenant that the app client is bound to or that the request asks for.
    Tenant(&'a TenantId),
    /// The request asks for a malformed tenant id.
    Nowhere,
}

impl<'a> Wanted<'a> {
    /// Combines the app client's binding with the request.
    ///
    /// # Errors
    ///
    /// [`Contradiction`] when the client is bound and the request asks for another tenant or a malformed one.
    pub fn of(bound: Option<&'a TenantId>, asked: &'a Presented<TenantId>) -> Result<Self, Contradiction> {
        match (bound, asked) {
            (None, Presented::None) => Ok(Self::Any),
            (None, Presented::Malformed) => Ok(Self::Nowhere),
            (None, Presented::Given(asked)) => Ok(Self::Tenant(asked)),
            (Some(bound), Presented::None) => Ok(Self::Tenant(bound)),
            (Some(bound), Presented::Given(asked)) if asked == bound => Ok(Self::Tenant(bound)),
            (Some(_), Presented::Given(_) | Presented::Malformed) => Err(Contradiction),
        }
    }

    /// Whether a token for `tenant` answers the request.
    #[must_use]
    pub fn admits(self, tenant: &TenantId) -> bool {
        match self {
            Self::Any => true,
            Self::Tenant(wanted) => wanted == tenant,
            Self::Nowhere => false,
        }
    }
}
