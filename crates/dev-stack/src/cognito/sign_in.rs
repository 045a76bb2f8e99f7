//! Sign-in by password, and what follows a password that was right: tokens, or a challenge.

use serde_json::{Value, json};

use super::{
    Cognito,
    api::{Answer, put},
    auth::{Parameters, parameter},
    client::Client,
    error::CognitoError,
    issue::{Grant, Tokens, issue},
    pool::Pool,
    second_factor,
    session::{Asked, Challenge, opaque_token},
    user::{User, UserStatus},
};
use crate::clock;

/// What follows an answer that was right.
pub(super) enum Step {
    Tokens(Box<Grant>),
    /// The body that asks for more.
    Challenge(Value),
}

impl Step {
    pub(super) fn tokens(grant: Grant) -> Self {
        Self::Tokens(Box::new(grant))
    }

    /// The body of the operation's answer.
    pub(super) async fn finish(self, cognito: &Cognito) -> Answer {
        match self {
            Self::Tokens(grant) => Ok(answer(&issue(cognito, *grant).await?)),
            Self::Challenge(challenge) => Ok(challenge),
        }
    }
}

/// `USER_PASSWORD_AUTH` and its like for administrators.
pub(super) async fn by_password(
    cognito: &Cognito,
    pool_id: &str,
    client_id: &str,
    parameters: &Parameters,
) -> Answer {
    let step = cognito.with_pool(pool_id, |pool| {
        let client = pool.client(client_id)?.clone();
        let name = parameter(parameters, "USERNAME")?;
        client.check_secret_hash(name, parameters.get("SECRET_HASH").map(String::as_str))?;
        let password = parameter(parameters, "PASSWORD")?;
        let user = pool.user_signing_in(name).map_err(|error| {
            if client.prevents_user_existence_errors() { CognitoError::wrong_password() } else { error }
        })?;
        check_confirmed(user)?;
        if user.password.as_deref() != Some(password) {
            return Err(CognitoError::wrong_password());
        }
        let sub = user.sub.clone();
        after_password(cognito, pool, &client, &sub)
    })?;
    step.finish(cognito).await
}

/// Refuses a user who has not confirmed the account; their password is not looked at.
pub(super) fn check_confirmed(user: &User) -> Result<(), CognitoError> {
    if user.status == UserStatus::Unconfirmed {
        return Err(CognitoError::new("UserNotConfirmedException", "User is not confirmed."));
    }
    Ok(())
}

/// Refuses a user who is disabled.
pub(super) fn check_enabled(user: &User) -> Result<(), CognitoError> {
    if user.enabled { Ok(()) } else { Err(CognitoError::not_authorized("User is disabled.")) }
}

/// What follows the right password.
pub(super) fn after_password(
    cognito: &Cognito,
    pool: &mut Pool,
    client: &Client,
    sub: &str,
) -> Result<Step, CognitoError> {
    let user = pool.user(sub)?;
    check_confirmed(user)?;
    check_enabled(user)?;
    match user.status {
        UserStatus::Unconfirmed | UserStatus::ExternalProvider => Err(CognitoError::wrong_password()),
        UserStatus::ForceChangePassword => {
            let parameters = json!({
                "USER_ID_FOR_SRP": user.username,
                "requiredAttributes": "[]",
                "userAttributes": json!(user.attributes()).to_string(),
            });
            Ok(Step::Challenge(ask(pool, client, sub, Asked::NewPassword, &parameters)?))
        }
        UserStatus::Confirmed => {
            second_factor::after_first(cognito, pool, client, sub, "TokenGeneration_Authentication")
        }
    }
}

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

/// `AuthenticationResult`.
pub(super) fn answer(tokens: &Tokens) -> Value {
    let mut result = json!({
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in_seconds,
        "IdToken": tokens.id_token,
        "TokenType": "Bearer",
    });
    if let Some(token) = &tokens.refresh_token {
        put(&mut result, "RefreshToken", json!(token));
    }
    json!({ "AuthenticationResult": result, "ChallengeParameters": {} })
}
