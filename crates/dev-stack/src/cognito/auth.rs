//! Sign-in, refresh, and the one challenge that this stack knows.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Cognito,
    api::{Answer, put},
    client::Client,
    error::CognitoError,
    issue::{Grant, Tokens, issue},
    password,
    pool::Pool,
    session::{CHALLENGE_SECONDS, Challenge, opaque_token},
    trigger::Metadata,
    unknowns,
    user::{User, UserStatus},
};
use crate::{clock, random};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InitiateAuth {
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: BTreeMap<String, String>,
}

/// `InitiateAuth`. Its `ClientMetadata` reaches neither of the two triggers.
pub(super) async fn initiate_auth(cognito: &Cognito, input: InitiateAuth) -> Answer {
    let pool_id = cognito.with_client(&input.client_id, |pool, client| {
        check_flow(&client, &input.auth_flow)?;
        Ok(pool.id.clone())
    })?;
    match input.auth_flow.as_str() {
        "USER_PASSWORD_AUTH" => sign_in(cognito, &pool_id, &input.client_id, &input.auth_parameters).await,
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let token = parameter(&input.auth_parameters, "REFRESH_TOKEN")?;
            refresh(cognito, &input.client_id, token, "TokenGeneration_RefreshTokens", None).await
        }
        other => Err(unknown_flow(other)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdminInitiateAuth {
    user_pool_id: String,
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: BTreeMap<String, String>,
}

/// `AdminInitiateAuth`; the same triggers as [`initiate_auth`].
pub(super) async fn admin_initiate_auth(cognito: &Cognito, input: AdminInitiateAuth) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        check_flow(pool.client(&input.client_id)?, &input.auth_flow)
    })?;
    match input.auth_flow.as_str() {
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
            sign_in(cognito, &input.user_pool_id, &input.client_id, &input.auth_parameters).await
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let token = parameter(&input.auth_parameters, "REFRESH_TOKEN")?;
            refresh(cognito, &input.client_id, token, "TokenGeneration_RefreshTokens", None).await
        }
        other => Err(unknown_flow(other)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RespondToAuthChallenge {
    client_id: String,
    challenge_name: String,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: BTreeMap<String, String>,
    client_metadata: Option<Metadata>,
}

/// `RespondToAuthChallenge` for `NEW_PASSWORD_REQUIRED`. Here `ClientMetadata` does reach the trigger.
pub(super) async fn respond_to_auth_challenge(cognito: &Cognito, input: RespondToAuthChallenge) -> Answer {
    if input.challenge_name != "NEW_PASSWORD_REQUIRED" {
        let message = format!("The local stack does not have the challenge {}.", input.challenge_name);
        return Err(CognitoError::invalid_parameter(message));
    }
    let responses = input.challenge_responses;
    let grant = cognito.with_client(&input.client_id, |pool, client| {
        client.check_public()?;
        let invalid = || CognitoError::not_authorized("Invalid session for the user.");
        let session = input.session.ok_or_else(invalid)?;
        let challenge = pool.challenges.get(&session).cloned().ok_or_else(invalid)?;
        let named = pool.user(parameter(&responses, "USERNAME")?).map_err(|_| invalid())?;
        if challenge.client_id != client.id
            || challenge.sub != named.sub
            || challenge.expires <= clock::now_seconds()
        {
            return Err(invalid());
        }
        let new_password = parameter(&responses, "NEW_PASSWORD")?;
        password::check(new_password)?;
        let changes = written_attributes(&responses);
        for (name, _) in &changes {
            client.check_write(name)?;
        }
        pool.check_schema(&changes)?;
        pool.challenges.remove(&session);
        let user = pool.user_mut(&challenge.sub)?;
        user.write(changes);
        user.password = Some(new_password.to_owned());
        user.set_status(UserStatus::Confirmed);
        let source = "TokenGeneration_NewPasswordChallenge";
        Ok(Grant { metadata: input.client_metadata, ..Grant::api(pool, &client, challenge.sub, source) })
    })?;
    let (pool_id, sub) = (grant.pool_id.clone(), grant.sub.clone());
    let issued = issue(cognito, grant).await;
    if issued.is_err() && !unknowns::NEW_PASSWORD_SURVIVES_TRIGGER_FAILURE {
        cognito.with_pool(&pool_id, |pool| {
            pool.user_mut(&sub).map(|user| user.set_status(UserStatus::ForceChangePassword))
        })?;
    }
    issued.map(|tokens| answer(&tokens))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdminRespondToAuthChallenge {
    user_pool_id: String,
    #[serde(flatten)]
    challenge: RespondToAuthChallenge,
}

/// `AdminRespondToAuthChallenge`, as [`respond_to_auth_challenge`].
pub(super) async fn admin_respond_to_auth_challenge(
    cognito: &Cognito,
    input: AdminRespondToAuthChallenge,
) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| pool.client(&input.challenge.client_id).map(|_| ()))?;
    respond_to_auth_challenge(cognito, input.challenge).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTokensFromRefreshToken {
    client_id: String,
    refresh_token: String,
    client_metadata: Option<Metadata>,
}

/// `GetTokensFromRefreshToken`: a refresh whose event says `TokenGeneration_Authentication` (developer guide,
/// "Pre token generation Lambda trigger") and carries `ClientMetadata`.
pub(super) async fn tokens_from_refresh_token(cognito: &Cognito, input: GetTokensFromRefreshToken) -> Answer {
    let source = "TokenGeneration_Authentication";
    refresh(cognito, &input.client_id, &input.refresh_token, source, input.client_metadata).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RevokeToken {
    client_id: String,
    token: String,
}

/// `RevokeToken`: the session of this refresh token is over. An unknown token is no error.
pub(super) fn revoke_token(cognito: &Cognito, input: &RevokeToken) -> Answer {
    cognito.with_client(&input.client_id, |pool, client| {
        client.check_public()?;
        if let Some(session) = pool.sessions.get_mut(&input.token)
            && session.client_id == client.id
        {
            session.revoked = true;
        }
        Ok(json!({}))
    })
}

/// Refuses a flow that the client does not list. One that the stack does not have is refused later.
fn check_flow(client: &Client, flow: &str) -> Result<(), CognitoError> {
    match flow {
        "USER_PASSWORD_AUTH" => client.check_flow(flow),
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
            let old_name = client.check_flow("ADMIN_NO_SRP_AUTH");
            old_name.or_else(|_| client.check_flow("ADMIN_USER_PASSWORD_AUTH"))
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => client.check_flow("REFRESH_TOKEN_AUTH"),
        _ => Ok(()),
    }
}

async fn sign_in(
    cognito: &Cognito,
    pool_id: &str,
    client_id: &str,
    parameters: &BTreeMap<String, String>,
) -> Answer {
    let step = cognito.with_pool(pool_id, |pool| {
        let client = pool.client(client_id)?.clone();
        client.check_public()?;
        let name = parameter(parameters, "USERNAME")?;
        let password = parameter(parameters, "PASSWORD")?;
        let user = pool.user(name).map_err(|error| {
            if client.prevents_user_existence_errors() { CognitoError::wrong_password() } else { error }
        })?;
        if !user.enabled {
            return Err(CognitoError::not_authorized("User is disabled."));
        }
        if user.password.as_deref() != Some(password) {
            return Err(CognitoError::wrong_password());
        }
        match user.status {
            UserStatus::Unconfirmed => {
                Err(CognitoError::new("UserNotConfirmedException", "User is not confirmed."))
            }
            UserStatus::ExternalProvider => Err(CognitoError::wrong_password()),
            UserStatus::ForceChangePassword => {
                let (sub, challenge) = (user.sub.clone(), challenge_answer(user));
                Ok(Err(ask_for_password(pool, &client, sub, challenge)))
            }
            UserStatus::Confirmed => {
                let sub = user.sub.clone();
                Ok(Ok(Grant::api(pool, &client, sub, "TokenGeneration_Authentication")))
            }
        }
    })?;
    match step {
        Ok(grant) => Ok(answer(&issue(cognito, grant).await?)),
        Err(challenge) => Ok(challenge),
    }
}

async fn refresh(
    cognito: &Cognito,
    client_id: &str,
    token: &str,
    source: &'static str,
    metadata: Option<Metadata>,
) -> Answer {
    let grant = cognito.with_client(client_id, |pool, client| {
        client.check_public()?;
        let invalid = || CognitoError::not_authorized("Invalid Refresh Token");
        let mut session = pool.sessions.get(token).cloned().ok_or_else(invalid)?;
        if session.client_id != client.id {
            return Err(invalid());
        }
        if session.revoked {
            return Err(CognitoError::not_authorized("Refresh Token has been revoked"));
        }
        if session.expires <= clock::now_seconds() {
            return Err(CognitoError::not_authorized("Refresh Token has expired"));
        }
        let user = pool.user(&session.sub).map_err(|_| invalid())?;
        if !user.enabled {
            return Err(CognitoError::not_authorized("User is disabled."));
        }
        if !unknowns::REFRESH_KEEPS_EVENT_ID {
            session.event_id = random::uuid();
        }
        let grant = Grant::api(pool, &client, session.sub.clone(), source);
        Ok(Grant { metadata, session: Some(session), ..grant })
    })?;
    Ok(answer(&issue(cognito, grant).await?))
}

fn ask_for_password(pool: &mut Pool, client: &Client, sub: String, mut challenge: Value) -> Value {
    let now = clock::now_seconds();
    pool.challenges.retain(|_, challenge| challenge.expires > now);
    let session = opaque_token();
    let asked = Challenge { sub, client_id: client.id.clone(), expires: now + CHALLENGE_SECONDS };
    pool.challenges.insert(session.clone(), asked);
    put(&mut challenge, "Session", json!(session));
    challenge
}

fn challenge_answer(user: &User) -> Value {
    json!({
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": user.username,
            "requiredAttributes": "[]",
            "userAttributes": json!(user.attributes).to_string(),
        },
    })
}

/// The attributes that a challenge response writes: `userAttributes.<name>`.
fn written_attributes(responses: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let written = responses.iter().filter_map(|(key, value)| {
        key.strip_prefix("userAttributes.").map(|name| (name.to_owned(), value.clone()))
    });
    written.collect()
}

fn answer(tokens: &Tokens) -> Value {
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

fn parameter<'a>(parameters: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, CognitoError> {
    let found = parameters.get(name).map(String::as_str);
    found.ok_or_else(|| CognitoError::invalid_parameter(format!("Missing required parameter {name}")))
}

fn unknown_flow(flow: &str) -> CognitoError {
    CognitoError::invalid_parameter(format!("The local stack does not have the auth flow {flow}."))
}
