//! What follows an answer that was right: tokens, or another challenge.

use serde_json::{Value, json};

use super::{
    issue::{Grant, Tokens, issue},
    service::Cognito,
    wire::Answer,
};
use crate::json::put;

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
