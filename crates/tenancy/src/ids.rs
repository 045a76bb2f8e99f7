//! Ids of pools, users, app clients and identity providers, as Cognito defines them.

use crate::text::{bytes_fit, text_type};

text_type! {
    /// Id of a user pool, such as `eu-west-1_AbCdEf123`: 1 to 55 of `A-Z a-z 0-9 _ -` (API reference, `UserPoolIdType`;
    /// less strict here, because emulators use other forms). It is part of keys, so it must not contain `#`.
    PoolId, "user pool id", "1 to 55 of A-Z a-z 0-9 _ -", |raw| bytes_fit(raw, 1, 55, is_word_byte)
}

text_type! {
    /// The OIDC subject of a user, in practice a UUID: 1 to 128 printable ASCII characters except `#`, which separates the
    /// parts of a key.
    Sub, "sub", "1 to 128 printable ASCII characters without blanks and #",
    |raw| bytes_fit(raw, 1, 128, |b| b.is_ascii_graphic() && b != b'#')
}

text_type! {
    /// Id of an app client: 1 to 128 of `A-Z a-z 0-9 _ + -` (API reference, `ClientIdType`).
    ClientId, "app client id", "1 to 128 of A-Z a-z 0-9 _ + -",
    |raw| bytes_fit(raw, 1, 128, |b| is_word_byte(b) || b == b'+')
}

text_type! {
    /// Name of an identity provider in its pool, such as `Google`: 1 to 32 characters without blanks, control characters
    /// and `#` (API reference, `ProviderNameType`; less strict here).
    ProviderName, "identity provider's name", "1 to 32 characters without blanks, control characters and #",
    |raw| (1..=32).contains(&raw.chars().count()) && !raw.chars().any(|c| c.is_whitespace() || c.is_control() || c == '#')
}

/// Key of a user across pools. It contains neither the username nor the e-mail address, so a user who is deleted and signs
/// up again with the same address inherits nothing.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct UserKey {
    pub pool: PoolId,
    pub sub: Sub,
}

/// The username, which keys Cognito's administrator calls. It can be an e-mail address, so `Debug` does not show it.
#[derive(Clone, Eq, PartialEq)]
pub struct Username(String);

impl Username {
    /// Takes the event's `userName` unchanged; `None` when it is empty or longer than Cognito's 128 characters.
    #[must_use]
    pub fn new(raw: &str) -> Option<Self> {
        (1..=128).contains(&raw.chars().count()).then(|| Self(raw.to_owned()))
    }

    /// The username, for Cognito's API only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Username {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Username(<redacted>)")
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
