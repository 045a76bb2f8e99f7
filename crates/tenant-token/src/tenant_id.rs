use std::{fmt, str::FromStr};

use crate::Refusal;

/// Id of a tenant: 3 to 63 bytes of `a-z`, `0-9` and `-`.
///
/// Cognito Tenancy gives these ids, and never changes the id of a tenant. The alphabet has no blank, quote, slash, colon
/// or wildcard. So an id can be part of a key, a path, a log line or an IAM policy variable without escaping.
///
/// Take it from a verified token ([`TenantToken::tenant`](crate::TenantToken::tenant)). An id that was parsed from a path
/// or a header proves nothing about the caller.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TenantId(String);

/// A text is not a tenant id: see [`TenantId`] for the alphabet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a tenant id is 3 to 63 of a-z, 0-9 and -")]
pub struct InvalidTenantId;

impl TenantId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (3..=63).contains(&raw.len()) && raw.bytes().all(allowed);
        if fits { Ok(Self(raw.to_owned())) } else { Err(InvalidTenantId) }
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Whether a token must have a tenant. It is the type parameter of [`Verifier`](crate::Verifier) and
/// [`TenantToken`](crate::TenantToken).
///
/// | Type | A token without a tenant |
/// | --- | --- |
/// | [`TenantId`], the default | is refused with [`Refusal::NoTenant`] |
/// | [`Option<TenantId>`] | is accepted |
///
/// With both, a tenant claim that is not a valid tenant id is refused with [`Refusal::BadClaim`].
///
/// The trait is sealed: there are only these two.
pub trait TenantRule: sealed::Admit + Clone + fmt::Debug + Send + Sync + 'static {}

impl TenantRule for TenantId {}
impl TenantRule for Option<TenantId> {}

pub(crate) mod sealed {
    use super::{Refusal, TenantId};

    pub trait Admit: Sized {
        fn admit(tenant: Option<TenantId>) -> Result<Self, Refusal>;
    }

    impl Admit for TenantId {
        fn admit(tenant: Option<TenantId>) -> Result<Self, Refusal> {
            tenant.ok_or(Refusal::NoTenant)
        }
    }

    impl Admit for Option<TenantId> {
        fn admit(tenant: Option<TenantId>) -> Result<Self, Refusal> {
            Ok(tenant)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TenantId;

    #[test]
    fn an_id_is_the_same_text_in_every_way_to_read_it() {
        for (raw, is_id) in [("acme", true), ("a-1", true), ("ac", false), ("Acme", false), ("a cme", false)]
        {
            let id = raw.parse::<TenantId>().ok();

            assert_eq!(id.is_some(), is_id, "{raw}");
            let texts =
                id.map(|id| [id.as_str().to_owned(), AsRef::<str>::as_ref(&id).to_owned(), id.to_string()]);
            assert!(texts.is_none_or(|texts| texts.iter().all(|text| text == raw)), "{raw}");
        }
    }
}
