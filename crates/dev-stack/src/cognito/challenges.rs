//! The challenges that wait for an answer in a pool.

use serde_json::{Value, json};

use super::{
    client::Client,
    error::CognitoError,
    pool::Pool,
    session::{Asked, Challenge, opaque_token},
    wire::{Parameters, parameter},
};
use crate::{clock, json::put};

/// Sends a challenge, and gives the body that does.
pub(super) fn ask(
    pool: &mut Pool,
    client: &Client,
    sub: &str,
    asked: Asked,
    parameters: &Value,
) -> Result<Value, CognitoError> {
    let username = pool.user(sub)?.username.clone();
    let mut body = json!({ "ChallengeName": asked.name(), "ChallengeParameters": parameters });
    let session = opaque_token();
    put(&mut body, "Session", json!(session));
    remember(pool, client, session, sub.to_owned(), username, asked);
    Ok(body)
}

/// Keeps a challenge under the text that its answer brings back.
pub(super) fn remember(
    pool: &mut Pool,
    client: &Client,
    session: String,
    sub: String,
    username: String,
    asked: Asked,
) {
    let now = clock::now_seconds();
    pool.challenges.retain(|_, challenge| challenge.expires > now);
    let expires = now.saturating_add(client.auth_session_seconds());
    let challenge = Challenge { sub, username, client_id: client.id.clone(), expires, asked };
    pool.challenges.insert(session, challenge);
}

/// The challenge of a `Session`, if it is for this client and for the user of `USERNAME`.
pub(super) fn asked(
    pool: &Pool,
    client: &Client,
    session: Option<&str>,
    responses: &Parameters,
) -> Result<Challenge, CognitoError> {
    let invalid = || CognitoError::not_authorized("Invalid session for the user.");
    let challenge = session.and_then(|session| pool.challenges.get(session)).ok_or_else(invalid)?;
    let named = pool.user(parameter(responses, "USERNAME")?).map_err(|_| invalid())?;
    if challenge.sub != named.sub || !challenge.is_for(client) {
        return Err(invalid());
    }
    named.check_enabled()?;
    Ok(challenge.clone())
}

impl Challenge {
    /// Whether this client may answer it, now.
    pub(super) fn is_for(&self, client: &Client) -> bool {
        self.client_id == client.id && self.expires > clock::now_seconds()
    }
}
