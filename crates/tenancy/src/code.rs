//! Invite codes, and the hashes under which the table stores codes and addresses.

use sha2::{Digest, Sha256};

use crate::{EmailAddress, InvalidText};

/// Crockford's base-32 alphabet (no `I`, `L`, `O`, `U`).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Length of a code in characters: 26 of 5 bits each, 130 random bits.
const LENGTH: usize = 26;

/// Prefix of a code as people see it.
const PREFIX: &str = "inv_";

const INVALID: InvalidText =
    InvalidText { what: "invite code", rule: "inv_ and 26 of Crockford's base-32 alphabet" };

/// An invite code in canonical form: 26 upper-case characters. A secret: shown once, when it is created. It is never stored
/// and never in `Debug`.
#[derive(Clone, Eq, PartialEq)]
pub struct InviteCode([u8; LENGTH]);

impl InviteCode {
    /// Makes a code from 26 random bytes, using the low 5 bits of each. The bytes must come from the operating system's
    /// generator.
    #[must_use]
    pub fn from_random(bytes: [u8; LENGTH]) -> Self {
        Self(bytes.map(|byte| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0')))
    }

    /// The code in the form that a person gets: `inv_` and the 26 characters.
    #[must_use]
    pub fn reveal(&self) -> String {
        PREFIX.chars().chain(self.0.iter().map(|&b| char::from(b))).collect()
    }

    /// The key under which the invite is stored.
    #[must_use]
    pub fn hash(&self) -> InviteHash {
        InviteHash(hex_sha256(&[b"cognito-tenancy/invite/v1:", &self.0]))
    }
}

impl std::str::FromStr for InviteCode {
    type Err = InvalidText;

    /// Parses a code as people type it. Surrounding blanks, the prefix (any case) and every `-` are removed. Letters may be
    /// lower case. `I` and `L` are read as `1`, `O` as `0`.
    ///
    /// # Errors
    ///
    /// [`InvalidText`] when the rest is not 26 characters of the alphabet.
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let trimmed = raw.trim();
        let bare = match trimmed.split_at_checked(PREFIX.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
            _ => trimmed,
        };
        let mut code = [0; LENGTH];
        let mut characters = bare.bytes().filter(|&b| b != b'-');
        for slot in &mut code {
            *slot = canonical(characters.next().ok_or(INVALID)?).ok_or(INVALID)?;
        }
        if characters.next().is_none() { Ok(Self(code)) } else { Err(INVALID) }
    }
}

impl std::fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteCode(<redacted>)")
    }
}

/// Key of an invite: the lower-case hex SHA-256 of `cognito-tenancy/invite/v1:` and the canonical code.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct InviteHash(String);

impl InviteHash {
    /// The 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 8 digits: enough to name an invite in a log or a list, too few to look it up.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl std::str::FromStr for InviteHash {
    type Err = InvalidText;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if raw.len() == 64 && raw.bytes().all(digit) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidText { what: "invite hash", rule: "64 lower-case hex digits" })
        }
    }
}

/// Key of an address: the lower-case hex SHA-256 of `cognito-tenancy/email/v1:` and the normalised address. So no key
/// contains an address.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EmailHash(String);

impl EmailHash {
    /// The first 8 digits, for logs.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }

    #[must_use]
    pub fn of(address: &EmailAddress) -> Self {
        Self(hex_sha256(&[b"cognito-tenancy/email/v1:", address.as_str().as_bytes()]))
    }

    /// The 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-case hex SHA-256 of `parts`, one after the other.
pub(crate) fn hex_sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    hash.finalize().iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn canonical(byte: u8) -> Option<u8> {
    let read = match byte.to_ascii_uppercase() {
        b'I' | b'L' => b'1',
        b'O' => b'0',
        other => other,
    };
    ALPHABET.contains(&read).then_some(read)
}
