//! Which tenant a request is for.

use crate::{Presented, TenantId};

/// The request asks for another tenant than the app client is bound to. Nothing is redeemed, and there is no token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Contradiction;

/// Which tenant a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted<'a> {
    /// Any of the user's.
    Any,
    /// This one: the app client's, or the one that the request asks for.
    Tenant(&'a TenantId),
    /// None that exists: the request asks for something that no tenant is called.
    Nowhere,
}

impl<'a> Wanted<'a> {
    /// What the app client's binding and the request say together.
    ///
    /// # Errors
    ///
    /// [`Contradiction`].
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

    /// Whether a token for `tenant` would be what is wanted.
    #[must_use]
    pub fn admits(self, tenant: &TenantId) -> bool {
        match self {
            Self::Any => true,
            Self::Tenant(wanted) => wanted == tenant,
            Self::Nowhere => false,
        }
    }
}
