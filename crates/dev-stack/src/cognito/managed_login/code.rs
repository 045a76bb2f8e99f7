//! Authorization codes: good once, for five minutes, and for the app client that asked.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;

use super::{
    super::{
        error::CognitoError,
        issue::{Grant, Prepared, prepare},
        pool::Pool,
        service::Cognito,
        token::OAuth,
        unknowns,
    },
    request::AuthorizeRequest,
    session::BrowserSession,
};
use crate::{clock, random};

/// Developer guide, "The redirect and authorization endpoint".
const CODE_SECONDS: u64 = 300;

/// What a code stands for.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) prepared: Prepared,
    challenge: Option<String>,
    expires: u64,
}

/// Asks the trigger for the user of `session`, and makes a code.
pub(super) async fn code_for(
    cognito: &Cognito,
    request: &AuthorizeRequest,
    session: &BrowserSession,
) -> Result<String, CognitoError> {
    let grant = Grant {
        pool_id: request.pool_id.clone(),
        client_id: request.client.id.clone(),
        sub: session.sub.clone(),
        source: unknowns::MANAGED_LOGIN_SOURCE,
        scopes: request.scopes.clone(),
        metadata: None,
        session: None,
        auth_time: Some(session.auth_time),
        oauth: Some(OAuth { nonce: request.nonce.clone() }),
    };
    let prepared = prepare(cognito, grant).await?;
    let now = clock::now_seconds();
    let made = Code {
        client_id: request.client.id.clone(),
        redirect_uri: request.target.redirect_uri.clone(),
        prepared,
        challenge: request.challenge.clone(),
        expires: now.saturating_add(CODE_SECONDS),
    };
    let code = random::uuid();
    cognito.with_pool(&request.pool_id, |pool| {
        pool.codes.retain(|_, known| known.expires > now);
        pool.codes.insert(code.clone(), made);
        Ok(code)
    })
}

/// Takes what a code stands for, if it is still good and `check` finds nothing wrong.
pub(in super::super) fn spend<E>(
    pool: &mut Pool,
    code: &str,
    check: impl FnOnce(&Code) -> Result<(), E>,
) -> Option<Result<Code, E>> {
    let known = pool.codes.get(code).filter(|known| known.expires > clock::now_seconds())?.clone();
    let checked = check(&known);
    if checked.is_ok() || unknowns::WRONG_REDEMPTION_SPENDS_CODE {
        pool.codes.remove(code);
    }
    Some(checked.map(|()| known))
}

impl Code {
    /// Whether this is the `code_verifier` of the request's `code_challenge` (RFC 7636). Where there was no challenge, no
    /// verifier is right.
    pub(crate) fn is_proven_by(&self, verifier: Option<&str>) -> bool {
        let hash = |verifier: &str| digest::digest(&digest::SHA256, verifier.as_bytes());
        let challenge = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(hash(verifier)));
        challenge == self.challenge
    }
}
