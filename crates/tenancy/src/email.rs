//! E-mail addresses, in the one form in which two of them are compared.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::InvalidText;

/// Longest address that mail can carry, in bytes (RFC 5321, section 4.5.3.1.3).
const MAX_BYTES: usize = 254;

const INVALID: InvalidText =
    InvalidText { what: "e-mail address", rule: "local@domain of at most 254 bytes" };

/// A normalised address: trimmed, NFC, lower case, the domain in ASCII (IDNA). Plus tags and dots are kept, because
/// whether they matter is the mail provider's business. Does not show in `Debug`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The normalised address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = InvalidText;

    /// # Errors
    ///
    /// [`InvalidText`] when there is no `@`, a part is empty, a blank or control character is inside, the domain is not
    /// one (IDNA, UTS #46), or the whole has over 254 bytes.
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let trimmed = raw.trim();
        // Normalisation may grow a text by a small factor only; what is far over the limit is not worth the work.
        if trimmed.len() > MAX_BYTES * 4 {
            return Err(INVALID);
        }
        let composed = compose(trimmed);
        let (local, domain) = composed.rsplit_once('@').ok_or(INVALID)?;
        if local.is_empty() || local.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(INVALID);
        }
        let local = compose(&local.to_lowercase());
        let domain = ascii_domain(domain)?;
        let address = format!("{local}@{domain}");
        if address.len() > MAX_BYTES { Err(INVALID) } else { Ok(Self(address)) }
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmailAddress(<redacted>)")
    }
}

fn compose(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

fn ascii_domain(domain: &str) -> Result<String, InvalidText> {
    let ascii = idna::domain_to_ascii(domain).map_err(|_| INVALID)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let labels_fit = ascii.split('.').all(|label| (1..=63).contains(&label.len()));
    if ascii.bytes().all(allowed) && labels_fit { Ok(ascii.to_ascii_lowercase()) } else { Err(INVALID) }
}
