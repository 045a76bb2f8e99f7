//! Refresh tokens: new tokens for them, and their end.

use serde::Deserialize;
use serde_json::json;

use super::{
    client::Client,
    error::CognitoError,
    firing::Metadata,
    issue::{Grant, Refreshed, Tokens, issue},
    service::Cognito,
    step::answer,
    token::OAuth,
    unknowns,
    user::User,
    wire::{Answer, Parameters, parameter},
};
use crate::{clock, random};

/// `REFRESH_TOKEN_AUTH` of `InitiateAuth`.
pub(super) async fn by_flow(cognito: &Cognito, client_id: &str, parameters: &Parameters) -> Answer {
    let token = parameter(parameters, "REFRESH_TOKEN")?;
    cognito.with_client(client_id, |_, client| match client.rotation_grace_seconds() {
        Some(_) => Err(unknowns::refresh_flow_refused()),
        None => Ok(()),
    })?;
    let hash = parameters.get("SECRET_HASH").map(String::as_str);
    let proves = |client: &Client, user: &User| client.check_secret_hash(&user.username, hash);
    let asked = Refresh { client_id, token, source: REFRESH, metadata: None, oauth: None };
    Ok(answer(&refresh(cognito, asked, proves).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTokensFromRefreshToken {
    client_id: String,
    client_secret: Option<String>,
    refresh_token: String,
    client_metadata: Option<Metadata>,
}

/// `GetTokensFromRefreshToken`: a refresh whose event says `TokenGeneration_Authentication` (developer guide,
/// "Pre token generation Lambda trigger") and carries `ClientMetadata`.
pub(super) async fn tokens_from_refresh_token(cognito: &Cognito, input: GetTokensFromRefreshToken) -> Answer {
    let proves = |client: &Client, _: &User| client.check_secret(input.client_secret.as_deref());
    let asked = Refresh {
        client_id: &input.client_id,
        token: &input.refresh_token,
        source: "TokenGeneration_Authentication",
        metadata: input.client_metadata,
        oauth: None,
    };
    Ok(answer(&refresh(cognito, asked, proves).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RevokeToken {
    client_id: String,
    client_secret: Option<String>,
    token: String,
}

/// `RevokeToken`: the session of this refresh token is over. An unknown token is no error.
pub(super) fn revoke_token(cognito: &Cognito, input: &RevokeToken) -> Answer {
    cognito.with_client(&input.client_id, |pool, client| {
        client.check_secret(input.client_secret.as_deref())?;
        let known = pool.sessions.get(&input.token).filter(|session| session.client_id == client.id);
        if let Some(origin) = known.map(|session| session.origin_jti.clone()) {
            // With rotation several tokens refresh one sign-in.
            for session in pool.sessions.values_mut().filter(|session| session.origin_jti == origin) {
                session.revoked = true;
            }
        }
        Ok(json!({}))
    })
}

/// `triggerSource` of a refresh that is no `GetTokensFromRefreshToken`.
pub(super) const REFRESH: &str = "TokenGeneration_RefreshTokens";

/// A refresh token, and who brings it by which way.
pub(super) struct Refresh<'a> {
    pub(super) client_id: &'a str,
    pub(super) token: &'a str,
    pub(super) source: &'static str,
    pub(super) metadata: Option<Metadata>,
    pub(super) oauth: Option<OAuth>,
}

/// New tokens, if `proves` finds that the app client is the one that it says.
pub(super) async fn refresh(
    cognito: &Cognito,
    asked: Refresh<'_>,
    proves: impl FnOnce(&Client, &User) -> Result<(), CognitoError>,
) -> Result<Tokens, CognitoError> {
    let Refresh { client_id, token, source, metadata, oauth } = asked;
    let grant = cognito.with_client(client_id, |pool, client| {
        let mut session =
            pool.sessions.get(token).cloned().ok_or_else(CognitoError::invalid_refresh_token)?;
        if session.client_id != client.id {
            return Err(CognitoError::invalid_refresh_token());
        }
        let user = pool.user(&session.sub).map_err(|_| CognitoError::invalid_refresh_token())?;
        proves(&client, user)?;
        if session.revoked {
            return Err(CognitoError::not_authorized("Refresh Token has been revoked"));
        }
        session.check_not_replaced()?;
        if session.expires <= clock::now_seconds() {
            return Err(CognitoError::not_authorized("Refresh Token has expired"));
        }
        user.check_enabled()?;
        if !unknowns::REFRESH_KEEPS_EVENT_ID {
            session.event_id = random::uuid();
        }
        let grant = Grant::api(pool, &client, session.sub.clone(), source);
        let token = token.to_owned();
        Ok(Grant { metadata, oauth, session: Some(Refreshed { session, token }), ..grant })
    })?;
    issue(cognito, grant).await
}
