//! What the claims of a token with a good signature must say: checks 6 to 11, without a clock and without I/O.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value};

use crate::{
    Clients, Issuer, Refusal, Rules, Subject, TenantId, TenantRule, TenantToken, TokenUse,
    rules::AcceptedUse, token::Facts,
};

type Claims = Map<String, Value>;

/// The end of the year 9999. A later time is a mistake, such as milliseconds for seconds.
const SECONDS_MAX: u64 = 253_402_300_799;

pub(crate) fn judge<T: TenantRule>(
    claims: Claims,
    issuer: &Issuer,
    rules: &Rules,
    now: SystemTime,
) -> Result<TenantToken<T>, Refusal> {
    let (issued_at, expires_at) = times(&claims, rules, now)?;
    let token_use = token_use(&claims, rules.token_use)?;
    let client_id = client_id(&claims, token_use).ok_or(Refusal::Client)?;
    if let Clients::Listed(clients) = &rules.clients
        && !clients.contains(client_id)
    {
        return Err(Refusal::Client);
    }
    let scopes = scopes(&claims, token_use)?;
    if !rules.scopes.is_subset(&scopes) {
        return Err(Refusal::Scope);
    }
    let names = &rules.names;
    let tenant = T::admit(tenant(&claims, &names.tenant_id)?)?;
    let sub = claims.get("sub").and_then(Value::as_str).filter(|sub| is_sub(sub));
    let sub = sub.ok_or(Refusal::Malformed("sub"))?;
    let facts = Facts {
        subject: Subject { pool_id: issuer.pool_id().to_owned(), sub: sub.to_owned() },
        client_id: client_id.to_owned(),
        machine: token_use == TokenUse::Access && sub == client_id && !claims.contains_key("username"),
        token_use,
        issued_at,
        expires_at,
        scopes,
        tenant_name: text(&claims, &names.tenant_name, "tenant name")?,
        tenant_tier: text(&claims, &names.tenant_tier, "tenant tier")?,
        roles: list(&claims, &names.tenant_roles, "tenant roles", is_name)?,
        features: list(&claims, &names.tenant_features, "tenant features", is_name)?,
        groups: list(&claims, "cognito:groups", "groups", is_group)?,
        claims,
    };
    Ok(TenantToken { tenant, facts: Arc::new(facts) })
}

/// `iat` and `exp`.
fn times(claims: &Claims, rules: &Rules, now: SystemTime) -> Result<(SystemTime, SystemTime), Refusal> {
    let expires = seconds(claims, "exp")?.ok_or(Refusal::Malformed("exp"))?;
    let issued = seconds(claims, "iat")?.ok_or(Refusal::Malformed("iat"))?;
    let not_before = seconds(claims, "nbf")?.unwrap_or(issued);
    // A clock before 1970 is wrong. With 0 every token is too early.
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    if now >= expires.saturating_add(rules.leeway) {
        return Err(Refusal::Expired);
    }
    if issued.max(not_before) > now.saturating_add(rules.leeway) {
        return Err(Refusal::TooEarly);
    }
    if rules.max_age.is_some_and(|max_age| now.saturating_sub(issued) > max_age) {
        return Err(Refusal::TooOld);
    }
    Ok((UNIX_EPOCH + issued, UNIX_EPOCH + expires))
}

fn seconds(claims: &Claims, name: &'static str) -> Result<Option<Duration>, Refusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_u64().filter(|seconds| *seconds <= SECONDS_MAX);
    seconds.map(|seconds| Some(Duration::from_secs(seconds))).ok_or(Refusal::Malformed(name))
}

fn token_use(claims: &Claims, accepted: AcceptedUse) -> Result<TokenUse, Refusal> {
    let found = match claims.get("token_use").and_then(Value::as_str) {
        Some("access") => TokenUse::Access,
        Some("id") => TokenUse::Id,
        _ => return Err(Refusal::TokenUse),
    };
    match (accepted, found) {
        (AcceptedUse::Either, _)
        | (AcceptedUse::Access, TokenUse::Access)
        | (AcceptedUse::Id, TokenUse::Id) => Ok(found),
        _ => Err(Refusal::TokenUse),
    }
}

/// `aud` of an access token says nothing about the client: the caller chooses it (`resource` of RFC 8707).
fn client_id(claims: &Claims, token_use: TokenUse) -> Option<&str> {
    let value = match token_use {
        TokenUse::Access => claims.get("client_id")?,
        TokenUse::Id => match claims.get("aud")? {
            Value::Array(audience) => match audience.as_slice() {
                [one] => one,
                _ => return None,
            },
            audience => audience,
        },
    };
    value.as_str().filter(|client| !client.is_empty())
}

fn scopes(claims: &Claims, token_use: TokenUse) -> Result<BTreeSet<String>, Refusal> {
    match claims.get("scope") {
        Some(Value::String(scopes)) if token_use == TokenUse::Access => Ok(words(scopes).collect()),
        Some(_) if token_use == TokenUse::Access => Err(Refusal::BadClaim("scope")),
        _ => Ok(BTreeSet::new()),
    }
}

fn tenant(claims: &Claims, name: &str) -> Result<Option<TenantId>, Refusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let id = value.as_str().and_then(|text| text.parse().ok());
    id.map(Some).ok_or(Refusal::BadClaim("tenant id"))
}

fn text(claims: &Claims, name: &str, role: &'static str) -> Result<Option<String>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::BadClaim(role)),
    }
}

/// An array of texts; or one text with blanks, as a trigger of event version `V1_0` can only write texts.
fn list(
    claims: &Claims,
    name: &str,
    role: &'static str,
    fits: fn(&str) -> bool,
) -> Result<Vec<String>, Refusal> {
    let values: Option<Vec<String>> = match claims.get(name) {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(words(text).collect()),
        Some(Value::Array(values)) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    let values = values.filter(|values| values.iter().all(|value| fits(value)));
    values.ok_or(Refusal::BadClaim(role))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned)
}

fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'.' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// What Cognito allows as a group's name (API reference, `GroupNameType`): a pool's own groups can be in the list.
fn is_group(text: &str) -> bool {
    (1..=128).contains(&text.chars().count()) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_sub(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
