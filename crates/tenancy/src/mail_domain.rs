//! The domain of e-mail addresses.

use crate::email::{EmailAddress, ascii_domain};
use crate::text::InvalidText;

const INVALID: InvalidText =
    InvalidText { what: "mail domain", rule: "a domain name of two labels or more, of at most 253 bytes" };

/// The part of an e-mail address behind the `@`, as in [`EmailAddress`]: lower case, in ASCII (IDNA). It has two labels or
/// more.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MailDomain(String);

impl MailDomain {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain of an address; `None` if it has one label, such as `localhost`.
    #[must_use]
    pub fn of(address: &EmailAddress) -> Option<Self> {
        let (_, domain) = address.as_str().rsplit_once('@')?;
        Self::checked(domain.to_owned()).ok()
    }

    fn checked(domain: String) -> Result<Self, InvalidText> {
        if domain.contains('.') && domain.len() <= 253 { Ok(Self(domain)) } else { Err(INVALID) }
    }
}

impl std::str::FromStr for MailDomain {
    type Err = InvalidText;

    /// # Errors
    ///
    /// [`InvalidText`] when the domain is invalid (IDNA, UTS #46), has one label, or has more than 253 bytes.
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let trimmed = raw.trim();
        if trimmed.len() > 1_000 {
            return Err(INVALID);
        }
        Self::checked(ascii_domain(trimmed).map_err(|_| INVALID)?)
    }
}

impl std::fmt::Display for MailDomain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_that_of_the_addresses_in_normal_form() {
        let rows = [
            ("acme.com", Some("acme.com")),
            (" Acme.COM ", Some("acme.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", None),
            ("acme.com.", None),
            (".com", None),
            ("ac me.com", None),
            ("a@acme.com", None),
            ("acme.com#x", None),
            ("", None),
        ];

        for (raw, domain) in rows {
            let parsed = raw.parse::<MailDomain>().ok();
            assert_eq!(parsed.as_ref().map(MailDomain::as_str), domain, "{raw:?}");
            assert_eq!(
                parsed.map(|parsed| parsed.to_string()).as_deref(),
                domain,
                "as operators see {raw:?}"
            );
        }
    }

    #[test]
    fn a_domain_has_at_most_253_bytes_and_a_long_spelling_is_read_up_to_a_limit() {
        let domain = |last: usize| [63, 63, 63, last].map(|length| "a".repeat(length)).join(".");
        let spelled = |bytes: usize| format!("{}acme.com", "\u{ad}".repeat((bytes - 8) / 2));
        let is_domain = |raw: &str| raw.parse::<MailDomain>().is_ok();

        assert_eq!(domain(61).len(), 253);
        assert_eq!([61, 62].map(|last| is_domain(&domain(last))), [true, false]);
        assert_eq!(
            [600, 1_000, 1_002, 2_000].map(|bytes| is_domain(&spelled(bytes))),
            [true, true, false, false]
        );
    }

    #[test]
    fn an_address_has_the_domain_behind_its_last_at_sign() {
        let rows = [
            ("ana@Acme.COM", Some("acme.com")),
            ("ana@x@acme.com", Some("acme.com")),
            ("ana@localhost", None),
        ];

        for (raw, domain) in rows {
            let of = MailDomain::of(&raw.parse().unwrap());
            assert_eq!(of.as_ref().map(MailDomain::as_str), domain, "{raw:?}");
        }
    }
}
