//! The one place where tokens are made: call the trigger, apply its reply, sign.

use super::{
    client::Client,
    error::CognitoError,
    firing::{Firing, Metadata},
    keys::TokenUse,
    pool::Pool,
    reply::{self, Overrides},
    service::Cognito,
    session::{Session, api_scopes, opaque_token},
    token::{OAuth, Times, TokenBasis, access_claims, id_claims},
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
    /// When the user signed in, if that was before.
    pub(super) auth_time: Option<u64>,
    /// Of tokens that an OAuth endpoint gives.
    pub(super) oauth: Option<OAuth>,
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
            scopes: api_scopes(),
            metadata: None,
            session: None,
            auth_time: None,
            oauth: None,
        }
    }
}

/// Tokens that the trigger has agreed to, not signed yet.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pool_id: String,
    client_id: String,
    session: Session,
    basis: TokenBasis,
    overrides: Overrides,
    /// The refresh token that was used.
    old_token: Option<String>,
}

/// Calls the trigger, then signs.
pub(super) async fn issue(cognito: &Cognito, grant: Grant) -> Result<Tokens, CognitoError> {
    prepare(cognito, grant).await?.sign(cognito, clock::now_seconds())
}

/// Calls the trigger.
pub(super) async fn prepare(cognito: &Cognito, grant: Grant) -> Result<Prepared, CognitoError> {
    let now = clock::now_seconds();
    let (refreshed, old_token) = grant.session.map(|refreshed| (refreshed.session, refreshed.token)).unzip();
    let (session, basis, firing) = cognito.with_pool(&grant.pool_id, |pool| {
        let client = pool.client(&grant.client_id)?;
        let user = pool.user(&grant.sub)?;
        user.check_enabled()?;
        let begin = || {
            let (sub, client_id) = (user.sub.clone(), client.id.clone());
            let expires = now.saturating_add(client.refresh_token_seconds());
            Session::begin(sub, client_id, grant.scopes.clone(), grant.auth_time.unwrap_or(now), expires)
        };
        let session = refreshed.unwrap_or_else(begin);
        let basis = basis(pool, client, user, &session, grant.oauth);
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
    let (pool_id, client_id, overrides) = (grant.pool_id, grant.client_id, overrides?);
    Ok(Prepared { pool_id, client_id, session, basis, overrides, old_token })
}

impl Prepared {
    pub(crate) fn gives_id_token(&self) -> bool {
        self.session.gives_id_token()
    }

    /// Signs the tokens, and keeps the session or what is left of it.
    pub(super) fn sign(mut self, cognito: &Cognito, now: u64) -> Result<Tokens, CognitoError> {
        let refresh_token = cognito.with_pool(&self.pool_id, |pool| {
            let client = pool.client(&self.client_id)?;
            self.basis.times.issued = now;
            self.basis.times.expires = now.saturating_add(client.token_seconds());
            pool.user(&self.session.sub)?.check_enabled()?;
            match &self.old_token {
                Some(old) => rotate(pool, &self.client_id, old),
                None => Ok(Some(keep(pool, self.session))),
            }
        })?;
        let keys = cognito.keys();
        let access_token = keys.sign(TokenUse::Access, &access_claims(&self.basis, &self.overrides))?;
        let claims = id_claims(&self.basis, &self.overrides, &access_token);
        let id_token = keys.sign(TokenUse::Id, &claims)?;
        let expires_in_seconds = self.basis.times.expires - self.basis.times.issued;
        Ok(Tokens { id_token, access_token, refresh_token, expires_in_seconds })
    }
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

fn basis(pool: &Pool, client: &Client, user: &User, session: &Session, oauth: Option<OAuth>) -> TokenBasis {
    let scopes = session.scopes.clone();
    let readable = |name: &str| client.may_read(name) && unknowns::scopes_show(&scopes, name);
    let attributes = user.attributes().iter().filter(|(name, _)| readable(name));
    TokenBasis {
        issuer: pool.issuer.clone(),
        client_id: client.id.clone(),
        username: user.username.clone(),
        sub: user.sub.clone(),
        attributes: attributes.map(|(name, value)| (name.clone(), value.clone())).collect(),
        groups: pool.group_configuration(user),
        scopes,
        // The other two are known when they are signed.
        times: Times { authenticated: session.auth_time, issued: 0, expires: 0 },
        origin_jti: session.origin_jti.clone(),
        event_id: session.event_id.clone(),
        oauth,
    }
}
