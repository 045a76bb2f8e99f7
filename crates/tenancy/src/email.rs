//! E-mail addresses in normal form, in which they are compared.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::InvalidText;

/// Maximum length of an address in bytes (RFC 5321, section 4.5.3.1.3).
const MAX_BYTES: usize = 254;

const INVALID: InvalidText =
    InvalidText { what: "e-mail address", rule: "local@domain of at most 254 bytes" };

/// A normalised address: trimmed, NFC, lower case, the domain in ASCII (IDNA). Plus tags and dots are kept, because each
/// mail provider has its own rule for them. `Debug` does not show it.
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
    /// [`InvalidText`] when there is no `@`, a part is empty, the local part has a blank or control character, the domain is
    /// invalid (IDNA, UTS #46), or the result has more than 254 bytes.
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let trimmed = raw.trim();
        // Normalisation makes a text a few times longer at most, so much longer texts are refused without it.
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

pub(crate) fn ascii_domain(domain: &str) -> Result<String, InvalidText> {
    let ascii = idna::domain_to_ascii(domain).map_err(|_| INVALID)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let labels_fit = ascii.split('.').all(|label| (1..=63).contains(&label.len()));
    if ascii.bytes().all(allowed) && labels_fit { Ok(ascii.to_ascii_lowercase()) } else { Err(INVALID) }
}
