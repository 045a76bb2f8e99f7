//! What the API behind the gateway learns of the caller: flat texts, because REST APIs take nothing else.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tenant_token::{TenantToken, TokenUse};

/// Largest context, in bytes of JSON.
const BYTES_MAX: usize = 8 * 1024;

/// What has no value is left out. The tenant's name is left out always: a context ends in access logs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    tenant_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tenant_tier: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    tenant_roles: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    tenant_features: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    groups: String,
    sub: &'a str,
    user_pool_id: &'a str,
    client_id: &'a str,
    token_use: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    exp: String,
}

/// The context as JSON; `None` when it is too large.
#[must_use]
pub fn of(token: &TenantToken) -> Option<Box<RawValue>> {
    let exp = token.expires_at().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let context = to_raw_value(&Context {
        tenant_id: token.tenant().as_str(),
        tenant_tier: token.tenant_tier().unwrap_or_default(),
        // No name of a role, feature, group or scope has a blank.
        tenant_roles: token.roles().join(" "),
        tenant_features: token.features().join(" "),
        groups: token.groups().join(" "),
        sub: token.subject().sub(),
        user_pool_id: token.subject().pool_id(),
        client_id: token.client_id(),
        token_use: match token.token_use() {
            TokenUse::Access => "access",
            TokenUse::Id => "id",
        },
        scope: token.scopes().iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        exp: exp.as_secs().to_string(),
    });
    // Texts under fixed names: writing them cannot fail.
    context.ok().filter(|context| context.get().len() <= BYTES_MAX)
}
