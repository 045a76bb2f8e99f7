//! Names of claims that a trigger may add.

use std::fmt;
use std::str::FromStr;

/// Names that Cognito never lets a trigger add, change or suppress in the ID token or the access token (developer guide,
/// "Pre token generation Lambda trigger"), and names that resource servers read as Cognito's own. Cognito drops such a claim
/// without an error. Names that begin with `cognito:` or `dev:` are reserved too.
const RESERVED: [&str; 23] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "cnf",
    "device_key",
    "event_id",
    "exp",
    "iat",
    "identities",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "origin_jti",
    "scope",
    "sub",
    "token_use",
    "username",
    "version",
];

/// Names of objects that Amazon Verified Permissions builds itself. It refuses every token that has a claim with exactly
/// such a name (Verified Permissions user guide, "Working with identity sources").
const OF_VERIFIED_PERMISSIONS: [&str; 3] = ["cognito", "custom", "dev"];

/// User attributes that OIDC defines ("Core 1.0", section 5.1) and every pool has. A tenant's claim must not replace them.
pub const STANDARD: [&str; 19] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// The name of a claim that a trigger may add: 1 to 128 printable ASCII characters without blanks, quotes and backslashes. It
/// must not be a name that Cognito reserves or a user attribute. The list of `tenant-token` refuses the same names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimName(String);

/// Why a claim name is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidClaimName {
    #[error("Cognito reserves this claim and drops it without an error")]
    Reserved,
    #[error("Verified Permissions refuses every token with a claim of this name")]
    OfVerifiedPermissions,
    #[error("this claim is a standard user attribute, which a tenant's claim must not replace")]
    Standard,
    #[error("claims that begin with `custom:` are user attributes, which users may write")]
    UserAttribute,
    #[error("a claim's name must be 1 to 128 printable characters without blanks, quotes and backslashes")]
    Malformed,
}

impl ClaimName {
    /// A name that is a literal in the source. A debug build checks it.
    #[must_use]
    pub fn literal(name: &'static str) -> Self {
        debug_assert!(name.parse::<Self>().is_ok(), "{name} cannot be a claim's name");
        Self(name.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClaimName {
    type Err = InvalidClaimName;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let lower = raw.to_ascii_lowercase();
        let is_reserved = RESERVED.contains(&lower.as_str())
            || ["cognito:", "dev:"].iter().any(|prefix| lower.starts_with(prefix));
        let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'\\');
        if is_reserved {
            Err(InvalidClaimName::Reserved)
        } else if OF_VERIFIED_PERMISSIONS.contains(&lower.as_str()) {
            Err(InvalidClaimName::OfVerifiedPermissions)
        } else if lower.starts_with("custom:") {
            Err(InvalidClaimName::UserAttribute)
        } else if STANDARD.contains(&lower.as_str()) {
            Err(InvalidClaimName::Standard)
        } else if (1..=128).contains(&raw.len()) && raw.bytes().all(allowed) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidClaimName::Malformed)
        }
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reserved_claim_can_be_configured() {
        for name in RESERVED {
            assert_eq!(name.parse::<ClaimName>(), Err(InvalidClaimName::Reserved), "{name}");
            assert_eq!(name.to_uppercase().parse::<ClaimName>(), Err(InvalidClaimName::Reserved), "{name}");
        }
        for name in ["cognito:anything", "dev:custom:x", "Cognito:Preferred_Role"] {
            assert_eq!(name.parse::<ClaimName>(), Err(InvalidClaimName::Reserved), "{name}");
        }
    }

    #[test]
    fn no_attribute_of_the_user_can_be_replaced() {
        for name in STANDARD {
            assert_eq!(name.parse::<ClaimName>(), Err(InvalidClaimName::Standard), "{name}");
        }
        for name in ["custom:org", "Custom:tenantId"] {
            assert_eq!(name.parse::<ClaimName>(), Err(InvalidClaimName::UserAttribute), "{name}");
        }
    }

    #[test]
    fn names_that_verified_permissions_rejects_cannot_be_configured() {
        for name in ["custom", "cognito", "dev", "Custom"] {
            let refused = Err(InvalidClaimName::OfVerifiedPermissions);
            assert_eq!(name.parse::<ClaimName>(), refused, "{name}");
        }
        assert!("customer".parse::<ClaimName>().is_ok(), "only exactly that name");
    }

    #[test]
    fn names_of_ones_own_can_be_configured() {
        for name in ["tenant_id", "tid", "https://example.com/tenant", "organization"] {
            let claim = name.parse::<ClaimName>().unwrap();
            assert_eq!((claim.as_str(), claim.to_string()), (name, name.to_owned()));
        }
        for name in ["", "a b", "a\"b", "tenänt", &"x".repeat(129)] {
            assert_eq!(name.parse::<ClaimName>(), Err(InvalidClaimName::Malformed), "{name}");
        }
    }
}
