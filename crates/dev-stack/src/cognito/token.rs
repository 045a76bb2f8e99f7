//! The claims of the tokens, and what a trigger may change in them (developer guide, "Pre token generation
//! Lambda trigger", its table of claims).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use serde_json::{Map, Value, json};

use super::{
    group_configuration::GroupConfiguration,
    reply::{ClaimChanges, Overrides},
    unknowns,
};
use crate::random;

/// The only scope of a token from an API sign-in.
pub(crate) const API_SCOPE: &str = "aws.cognito.signin.user.admin";

/// What is known of a user when tokens are made.
#[derive(Clone, Debug)]
pub(crate) struct TokenBasis {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) username: String,
    pub(crate) sub: String,
    /// Those that the client may read, without `sub`.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) groups: GroupConfiguration,
    pub(crate) scopes: Vec<String>,
    pub(crate) times: Times,
    pub(crate) origin_jti: String,
    pub(crate) event_id: String,
    /// Of tokens that an OAuth endpoint gives.
    pub(crate) oauth: Option<OAuth>,
}

/// What a request to an OAuth endpoint puts into tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct OAuth {
    pub(crate) nonce: Option<String>,
}

/// Seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) authenticated: u64,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

/// What is known of a machine: its app client.
#[derive(Clone, Debug)]
pub(crate) struct MachineBasis {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) times: Times,
}

type Claims = Map<String, Value>;

/// Claims of the ID token that goes with `access_token`.
pub(crate) fn id_claims(basis: &TokenBasis, overrides: &Overrides, access_token: &str) -> Claims {
    let mut claims: Claims =
        basis.attributes.iter().map(|(name, value)| (name.clone(), attribute_claim(name, value))).collect();
    let groups = effective_groups(basis, overrides);
    set_list(&mut claims, "cognito:groups", &groups.groups_to_override);
    set_list(&mut claims, "cognito:roles", &groups.iam_roles_to_override);
    if let Some(role) = groups.preferred_role {
        claims.insert("cognito:preferred_role".to_owned(), json!(role));
    }
    change(&mut claims, &overrides.id, id_claim_is_fixed);
    if overrides.id.suppress.iter().any(|name| name == "cognito:groups") {
        claims.remove("cognito:roles");
        claims.remove("cognito:preferred_role");
    }
    set(&mut claims, "sub", &basis.sub);
    set(&mut claims, "cognito:username", &basis.username);
    set(&mut claims, "aud", &basis.client_id);
    set_common(&mut claims, "id", &basis.issuer, basis.times);
    set_session(&mut claims, basis);
    if let Some(oauth) = &basis.oauth {
        set(&mut claims, "at_hash", &half_hash(access_token));
        if let Some(nonce) = &oauth.nonce {
            set(&mut claims, "nonce", nonce);
        }
    }
    claims
}

/// Claims of the access token of a user.
pub(crate) fn access_claims(basis: &TokenBasis, overrides: &Overrides) -> Claims {
    let mut claims = Claims::new();
    set_list(&mut claims, "cognito:groups", &effective_groups(basis, overrides).groups_to_override);
    change(&mut claims, &overrides.access, |name, value| {
        access_claim_is_fixed(name, value, &basis.client_id)
    });
    set(&mut claims, "sub", &basis.sub);
    set(&mut claims, "username", &basis.username);
    set(&mut claims, "client_id", &basis.client_id);
    set_scope(&mut claims, &basis.scopes, overrides);
    set_common(&mut claims, "access", &basis.issuer, basis.times);
    set_session(&mut claims, basis);
    if basis.oauth.is_some() {
        claims.insert("version".to_owned(), json!(unknowns::OAUTH_TOKEN_VERSION));
    }
    claims
}

/// Claims of the access token of a machine.
pub(crate) fn machine_claims(basis: &MachineBasis, overrides: &Overrides) -> Claims {
    let mut claims = Claims::new();
    if unknowns::MACHINE_TOKENS_TAKE_GROUPS
        && let Some(groups) = &overrides.groups
    {
        set_list(&mut claims, "cognito:groups", &groups.groups_to_override);
    }
    change(&mut claims, &overrides.access, |name, value| {
        access_claim_is_fixed(name, value, &basis.client_id)
    });
    set(&mut claims, "sub", &basis.client_id);
    set(&mut claims, "client_id", &basis.client_id);
    claims.insert("version".to_owned(), json!(unknowns::OAUTH_TOKEN_VERSION));
    set_scope(&mut claims, &basis.scopes, overrides);
    set_common(&mut claims, "access", &basis.issuer, basis.times);
    claims
}

/// Names that nothing can add, change or take out of the ID token. `cognito:groups` can be taken out, but
/// not set by name.
fn id_claim_is_fixed(name: &str, added: Option<&Value>) -> bool {
    const FIXED: [&str; 15] = [
        "sub",
        "identities",
        "aud",
        "acr",
        "amr",
        "at_hash",
        "auth_time",
        "azp",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
    ];
    match name {
        "token_use" => true,
        "cognito:groups" => added.is_some(),
        _ if name.starts_with("cognito:") => true,
        _ if name.starts_with("dev:") => added.is_some(),
        _ => FIXED.contains(&name),
    }
}

/// The same for the access token, where `aud` may be added if it is the client.
fn access_claim_is_fixed(name: &str, added: Option<&Value>, client_id: &str) -> bool {
    const FIXED: [&str; 17] = [
        "sub",
        "username",
        "client_id",
        "event_id",
        "device_key",
        "version",
        "acr",
        "amr",
        "auth_time",
        "azp",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
    ];
    match name {
        // Scopes have lists of their own.
        "token_use" | "scope" => true,
        "aud" => added.is_none_or(|value| value != client_id),
        "cognito:groups" => added.is_some(),
        _ if name.starts_with("cognito:") => true,
        _ => FIXED.contains(&name),
    }
}

/// Adds, then suppresses: suppression wins. Fixed names are passed over.
fn change(claims: &mut Claims, changes: &ClaimChanges, fixed: impl Fn(&str, Option<&Value>) -> bool) {
    for (name, value) in &changes.add {
        if !(unknowns::RESERVED_CLAIMS_ARE_DROPPED && fixed(name, Some(value))) {
            claims.insert(name.clone(), value.clone());
        }
    }
    for name in &changes.suppress {
        if !fixed(name, None) {
            claims.remove(name);
        }
    }
}

fn effective_groups(basis: &TokenBasis, overrides: &Overrides) -> GroupConfiguration {
    match &overrides.groups {
        Some(groups) => groups.clone(),
        None => unknowns::groups_when_not_overridden(basis.groups.clone()),
    }
}

fn set_scope(claims: &mut Claims, scopes: &[String], overrides: &Overrides) {
    let mut scopes = scopes.to_vec();
    for scope in &overrides.scopes_to_add {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    let added_back =
        |scope: &String| !unknowns::SCOPE_SUPPRESSION_WINS && overrides.scopes_to_add.contains(scope);
    scopes.retain(|scope| !overrides.scopes_to_suppress.contains(scope) || added_back(scope));
    if !(scopes.is_empty() && unknowns::EMPTY_SCOPE_IS_ABSENT) {
        set(claims, "scope", &scopes.join(" "));
    }
}

fn set_common(claims: &mut Claims, token_use: &str, issuer: &str, times: Times) {
    set(claims, "iss", issuer);
    set(claims, "token_use", token_use);
    set(claims, "jti", &random::uuid());
    claims.insert("auth_time".to_owned(), json!(times.authenticated));
    claims.insert("iat".to_owned(), json!(times.issued));
    claims.insert("exp".to_owned(), json!(times.expires));
}

fn set_session(claims: &mut Claims, basis: &TokenBasis) {
    set(claims, "origin_jti", &basis.origin_jti);
    set(claims, "event_id", &basis.event_id);
}

/// `at_hash` (`OpenID` Connect Core 1.0, section 3.1.3.6): the left half of the SHA-256 of a token.
fn half_hash(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(half)
}

fn set(claims: &mut Claims, name: &str, value: &str) {
    claims.insert(name.to_owned(), json!(value));
}

/// An empty list is no claim.
fn set_list(claims: &mut Claims, name: &str, values: &[String]) {
    if !values.is_empty() {
        claims.insert(name.to_owned(), json!(values));
    }
}

/// The ID token has the two `_verified` attributes as booleans and all else as strings.
fn attribute_claim(name: &str, value: &str) -> Value {
    match name {
        "email_verified" | "phone_number_verified" => json!(value == "true"),
        _ => json!(value),
    }
}

#[cfg(test)]
mod tests;
