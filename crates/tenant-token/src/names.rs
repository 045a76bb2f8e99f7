use std::collections::BTreeSet;

use crate::RulesFault;

/// Claims of OIDC, of its user attributes and of Cognito, and names that Verified Permissions refuses. Some of them
/// users can write: a tenant must never come from one.
const TAKEN: [&str; 45] = [
    "acr",
    "address",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "birthdate",
    "client_id",
    "cnf",
    "cognito",
    "custom",
    "dev",
    "device_key",
    "email",
    "email_verified",
    "event_id",
    "exp",
    "family_name",
    "gender",
    "given_name",
    "iat",
    "identities",
    "iss",
    "jti",
    "locale",
    "middle_name",
    "name",
    "nbf",
    "nickname",
    "nonce",
    "origin_jti",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "scope",
    "sub",
    "token_use",
    "updated_at",
    "username",
    "version",
    "website",
    "zoneinfo",
];

/// How the claims about the tenant are called in the tokens. The defaults are those of Cognito Tenancy; its settings
/// `CLAIM_TENANT_ID` and so on change them.
///
/// A name has 1 to 128 printable ASCII characters, without blanks, quotes and backslashes. It cannot be a claim of OIDC or
/// of Cognito, and cannot begin with `custom:`, `cognito:` or `dev:`. All five differ.
///
/// ```
/// let mut names = tenant_token::ClaimNames::default();
/// names.tenant_id = "org_id".to_owned();
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClaimNames {
    /// The tenant's id, a text. Default `tenant_id`.
    pub tenant_id: String,
    /// The tenant's name for people, a text. Default `tenant_name`.
    pub tenant_name: String,
    /// What the tenant has bought, a text. Default `tenant_tier`.
    pub tenant_tier: String,
    /// The member's roles, an array of texts or one text with blanks. Default `tenant_roles`.
    pub tenant_roles: String,
    /// The tenant's features, in the same form. Default `tenant_features`. The trigger of Cognito Tenancy does not issue this
    /// claim; another trigger of yours can.
    pub tenant_features: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            tenant_id: "tenant_id".to_owned(),
            tenant_name: "tenant_name".to_owned(),
            tenant_tier: "tenant_tier".to_owned(),
            tenant_roles: "tenant_roles".to_owned(),
            tenant_features: "tenant_features".to_owned(),
        }
    }
}

impl ClaimNames {
    pub(crate) fn faults(&self) -> Vec<RulesFault> {
        let names = [
            ("tenant_id", &self.tenant_id),
            ("tenant_name", &self.tenant_name),
            ("tenant_tier", &self.tenant_tier),
            ("tenant_roles", &self.tenant_roles),
            ("tenant_features", &self.tenant_features),
        ];
        let mut seen = BTreeSet::new();
        let wrong = names.into_iter().filter(|(_, name)| !seen.insert(*name) || !is_free(name));
        wrong.map(|(claim, name)| RulesFault::ClaimName { claim, name: name.clone() }).collect()
    }
}

/// Whether a claim about the tenant can have this name.
fn is_free(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_attribute = ["custom:", "dev:", "cognito:"].iter().any(|prefix| lower.starts_with(prefix));
    let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'\\');
    let is_well_formed = (1..=128).contains(&name.len()) && name.bytes().all(allowed);
    is_well_formed && !is_attribute && !TAKEN.contains(&lower.as_str())
}
