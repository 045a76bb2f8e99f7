//! The operations by which users and administrators set second factors up.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::CognitoError,
    factor::{EMAIL, SOFTWARE_TOKEN},
    own_account::with_own_account,
    pool::Pool,
    second_factor::confirm_secret,
    service::Cognito,
    session::Asked,
    totp,
    user::User,
    wire::Answer,
};
use crate::{clock, json::put};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssociateSoftwareToken {
    access_token: Option<String>,
    session: Option<String>,
}

/// `AssociateSoftwareToken`: a new secret for an authenticator app.
pub(super) fn associate(cognito: &Cognito, input: &AssociateSoftwareToken) -> Answer {
    let secret = totp::secret();
    let session = input.session.as_deref();
    with_user(cognito, input.access_token.as_deref(), session, |pool, sub| {
        pool.user_mut(sub)?.factors.new_secret = Some(secret.clone());
        Ok(())
    })?;
    Ok(with_session(json!({ "SecretCode": secret }), session))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VerifySoftwareToken {
    access_token: Option<String>,
    session: Option<String>,
    user_code: String,
}

/// `VerifySoftwareToken`: the app gives codes of its secret. In a sign-in that demands a factor it is on from now.
pub(super) fn verify(cognito: &Cognito, input: &VerifySoftwareToken) -> Answer {
    let session = input.session.as_deref();
    with_user(cognito, input.access_token.as_deref(), session, |pool, sub| {
        let user = pool.user_mut(sub)?;
        confirm_secret(user, &input.user_code)?;
        if let Some(challenge) = session.and_then(|session| pool.challenges.get_mut(session)) {
            challenge.asked = Asked::SetUp { done: true };
            set(pool.user_mut(sub)?, SOFTWARE_TOKEN, true, true);
        }
        Ok(())
    })?;
    Ok(with_session(json!({ "Status": "SUCCESS" }), session))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Setting {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    preferred_mfa: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Preference {
    access_token: Option<String>,
    user_pool_id: Option<String>,
    username: Option<String>,
    software_token_mfa_settings: Option<Setting>,
    email_mfa_settings: Option<Setting>,
}

/// `SetUserMFAPreference`.
pub(super) fn set_preference(cognito: &Cognito, input: &Preference) -> Answer {
    with_user(cognito, input.access_token.as_deref(), None, |pool, sub| change(pool, sub, input))?;
    Ok(json!({}))
}

/// `AdminSetUserMFAPreference`.
pub(super) fn admin_set_preference(cognito: &Cognito, input: &Preference) -> Answer {
    let missing = || CognitoError::invalid_parameter("UserPoolId and Username are required");
    let (pool_id, username) = input.user_pool_id.as_ref().zip(input.username.as_ref()).ok_or_else(missing)?;
    cognito.with_pool(pool_id, |pool| {
        change(pool, username, input)?;
        Ok(json!({}))
    })
}

fn change(pool: &mut Pool, name: &str, input: &Preference) -> Result<(), CognitoError> {
    let user = pool.user_mut(name)?;
    if let Some(setting) = &input.software_token_mfa_settings {
        if setting.enabled && user.factors.secret.is_none() {
            return Err(CognitoError::invalid_parameter("User has not verified software token mfa"));
        }
        set(user, SOFTWARE_TOKEN, setting.enabled, setting.preferred_mfa);
    }
    if let Some(setting) = &input.email_mfa_settings {
        if setting.enabled && !user.is_verified("email") {
            return Err(CognitoError::invalid_parameter("User does not have verified email"));
        }
        set(user, EMAIL, setting.enabled, setting.preferred_mfa);
    }
    Ok(())
}

fn set(user: &mut User, factor: &str, enabled: bool, preferred: bool) {
    let factors = &mut user.factors;
    factors.enabled.retain(|known| known != factor);
    if enabled {
        factors.enabled.push(factor.to_owned());
    }
    if enabled && preferred {
        factors.preferred = Some(factor.to_owned());
    } else if factors.preferred.as_deref() == Some(factor) {
        factors.preferred = None;
    }
    user.touch();
}

/// Works on the pool and the `sub` of an access token, or of a sign-in that demands to set a factor up.
fn with_user(
    cognito: &Cognito,
    access_token: Option<&str>,
    session: Option<&str>,
    action: impl FnOnce(&mut Pool, &str) -> Result<(), CognitoError>,
) -> Result<(), CognitoError> {
    if let Some(token) = access_token {
        return with_own_account(cognito, token, |pool, _, sub| action(pool, sub));
    }
    let invalid = || CognitoError::not_authorized("Invalid session for the user.");
    let session = session.ok_or_else(invalid)?;
    let mut pools = cognito.pools();
    let pool = pools.values_mut().find(|pool| pool.challenges.contains_key(session)).ok_or_else(invalid)?;
    let challenge = pool.challenges.get(session).ok_or_else(invalid)?;
    if !matches!(challenge.asked, Asked::SetUp { .. }) || challenge.expires <= clock::now_seconds() {
        return Err(invalid());
    }
    let sub = challenge.sub.clone();
    action(pool, &sub)
}

fn with_session(mut answer: Value, session: Option<&str>) -> Value {
    if let Some(session) = session {
        put(&mut answer, "Session", json!(session));
    }
    answer
}
