//! The one place where tokens are made: call the trigger, apply its reply, sign.

use super::{
    client::Client,
    error::CognitoError,
    firing::{Firing, Metadata},
    keys::TokenUse,
    pool::Pool,
    reply::{self, Overrides},
    service::Cognito,
    session::{Session, opaque_token},
    token::{API_SCOPE, Times, TokenBasis, access_claims, id_claims},
    unknowns,
    user::User,
};
use crate::clock;

/// What a sign-in or a refresh gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tokens {
    pub id_token: String,
    pub access_token: String,
    /// The refresh token; a refresh gives a new one where the app client rotates them.
    pub refresh_token: Option<String>,
    pub expires_in_seconds: u64,
}

/// Why tokens are made, and for whom.
pub(super) struct Grant {
    pub(super) pool_id: String,
    pub(super) client_id: String,
    pub(super) sub: String,
    /// `triggerSource`.
    pub(super) source: &'static str,
    pub(super) scopes: Vec<String>,
    pub(super) metadata: Option<Metadata>,
    /// The session that is refreshed; `None` begins one.
    pub(super) session: Option<Refreshed>,
}

/// A session, and the token that refreshes it.
pub(super) struct Refreshed {
    pub(super) session: Session,
    pub(super) token: String,
}

impl Grant {
    /// A sign-in through the API, which has the one scope.
    pub(super) fn api(pool: &Pool, client: &Client, sub: String, source: &'static str) -> Self {
        Self {
            pool_id: pool.id.clone(),
            client_id: client.id.clone(),
            sub,
            source,
            scopes: vec![API_SCOPE.to_owned()],
            metadata: None,
            session: None,
        }
    }
}

/// Calls the trigger, then signs.
pub(super) async fn issue(cognito: &Cognito, grant: Grant) -> Result<Tokens, CognitoError> {
    let now = clock::now_seconds();
    let (refreshed, old_token) = grant.session.map(|refreshed| (refreshed.session, refreshed.token)).unzip();
    let (session, basis, firing) = cognito.with_pool(&grant.pool_id, |pool| {
        let client = pool.client(&grant.client_id)?;
        let user = pool.user(&grant.sub)?;
        user.check_enabled()?;
        let begin = || {
            let validity = client.refresh_token_seconds();
            Session::begin(user.sub.clone(), client.id.clone(), now, validity)
        };
        let session = refreshed.unwrap_or_else(begin);
        let basis = basis(pool, client, user, &session, grant.scopes, now);
        let firing =
            Firing::pre_token_generation(pool, user, grant.source, &client.id, &basis.scopes, grant.metadata);
        Ok((session, basis, firing))
    })?;
    let overrides = match firing {
        Some(firing) => fire_for_overrides(cognito, firing).await,
        None => Ok(Overrides::default()),
    };
    if let (true, Err(_), Some(old)) = (unknowns::REFUSED_REFRESH_SPENDS_TOKEN, &overrides, &old_token) {
        cognito.with_pool(&grant.pool_id, |pool| rotate(pool, &grant.client_id, old))?;
    }
    let overrides = overrides?;
    let keys = cognito.keys();
    let id_token = keys.sign(TokenUse::Id, &id_claims(&basis, &overrides))?;
    let access_token = keys.sign(TokenUse::Access, &access_claims(&basis, &overrides))?;
    let refresh_token = cognito.with_pool(&grant.pool_id, |pool| match old_token {
        Some(old) => rotate(pool, &grant.client_id, &old),
        None => Ok(Some(keep(pool, session))),
    })?;
    let expires_in_seconds = basis.times.expires - basis.times.issued;
    Ok(Tokens { id_token, access_token, refresh_token, expires_in_seconds })
}

/// Keeps a session, and gives its refresh token.
fn keep(pool: &mut Pool, session: Session) -> String {
    let token = opaque_token();
    pool.sessions.insert(token.clone(), session);
    token
}

/// The refresh token that takes the place of `old`, if the app client rotates them. It ends when the first one would
/// have ended; `old` works until the grace period is over.
fn rotate(pool: &mut Pool, client_id: &str, old: &str) -> Result<Option<String>, CognitoError> {
    let Some(grace) = pool.client(client_id)?.rotation_grace_seconds() else { return Ok(None) };
    let session = pool.sessions.get_mut(old).ok_or_else(CognitoError::invalid_refresh_token)?;
    session.check_not_replaced()?;
    let new = Session { replaced: None, ..session.clone() };
    let end = clock::now_seconds().saturating_add(grace);
    session.replaced = Some(session.replaced.map_or(end, |known| known.min(end)));
    Ok(Some(keep(pool, new)))
}

/// Calls a pre-token-generation trigger and reads its reply.
pub(super) async fn fire_for_overrides(cognito: &Cognito, firing: Firing) -> Result<Overrides, CognitoError> {
    let version = firing.version();
    firing.fire(cognito, |response| reply::overrides(response, version)).await
}

fn basis(
    pool: &Pool,
    client: &Client,
    user: &User,
    session: &Session,
    scopes: Vec<String>,
    now: u64,
) -> TokenBasis {
    let readable = user.attributes().iter().filter(|(name, _)| client.may_read(name));
    TokenBasis {
        issuer: pool.issuer.clone(),
        client_id: client.id.clone(),
        username: user.username.clone(),
        sub: user.sub.clone(),
        attributes: readable.map(|(name, value)| (name.clone(), value.clone())).collect(),
        groups: pool.group_configuration(user),
        scopes,
        times: Times {
            authenticated: session.auth_time,
            issued: now,
            expires: now.saturating_add(client.token_seconds()),
        },
        origin_jti: session.origin_jti.clone(),
        event_id: session.event_id.clone(),
    }
}
