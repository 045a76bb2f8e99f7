//! The second factor of a sign-in: a code of an authenticator app, or one by e-mail. There is no SMS here.

use serde_json::json;

use super::{
    challenges::{ask, asked},
    client::Client,
    delivery::code_delivery,
    error::CognitoError,
    factor::{EMAIL, SOFTWARE_TOKEN},
    issue::Grant,
    pool::Pool,
    service::Cognito,
    session::Asked,
    step::Step,
    totp,
    user::User,
    wire::{Parameters, parameter},
};
use crate::random;

/// What follows a first factor: the second one, where the pool and the user have it, or tokens.
pub(super) fn after_first(
    cognito: &Cognito,
    pool: &mut Pool,
    client: &Client,
    sub: &str,
    source: &'static str,
) -> Result<Step, CognitoError> {
    let setting = pool.text("MfaConfiguration").unwrap_or("OFF").to_owned();
    let pool_id = pool.id.clone();
    let user = pool.user_mut(sub)?;
    let chosen = user.factors.chosen().map(str::to_owned);
    let (asked, parameters) = match (setting.as_str(), chosen.as_deref()) {
        ("OFF", _) | ("OPTIONAL", None) => {
            return Ok(Step::tokens(Grant::api(pool, client, sub.to_owned(), source)));
        }
        (_, Some(EMAIL)) => {
            let code = random::digits(6);
            let details = code_delivery("email", user.email().unwrap_or_default());
            cognito.deliver(&pool_id, user, "sign-in code", &code);
            let parameters = json!({
                "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
                "CODE_DELIVERY_DESTINATION": details.get("Destination"),
                "USER_ID_FOR_SRP": user.username,
            });
            (Asked::EmailCode(code), parameters)
        }
        (_, Some(_)) => (Asked::SoftwareToken, json!({ "USER_ID_FOR_SRP": user.username })),
        (_, None) => {
            let can = json!([SOFTWARE_TOKEN]).to_string();
            let parameters = json!({ "MFAS_CAN_SETUP": can, "USER_ID_FOR_SRP": user.username });
            (Asked::SetUp { done: false }, parameters)
        }
    };
    Ok(Step::Challenge(ask(pool, client, sub, asked, &parameters)?))
}

/// `RespondToAuthChallenge` for the second factor.
pub(super) fn respond(
    pool: &mut Pool,
    client: &Client,
    session: Option<&str>,
    name: &str,
    responses: &Parameters,
) -> Result<Step, CognitoError> {
    let challenge = asked(pool, client, session, responses)?;
    let user = pool.user(&challenge.sub)?;
    let mismatch = |message: &str| Err(CognitoError::new("CodeMismatchException", message));
    match &challenge.asked {
        Asked::SoftwareToken if name == SOFTWARE_TOKEN => {
            let code = parameter(responses, "SOFTWARE_TOKEN_MFA_CODE")?;
            if !user.factors.secret.as_ref().is_some_and(|secret| totp::admits(secret, code)) {
                return mismatch("Invalid code received for user");
            }
        }
        Asked::EmailCode(sent) if name == EMAIL => {
            if parameter(responses, "EMAIL_OTP_CODE")? != sent {
                return mismatch("Invalid code or auth state for the user.");
            }
        }
        Asked::SetUp { done: true } if name == "MFA_SETUP" => {}
        _ => return Err(CognitoError::not_authorized("Invalid session for the user.")),
    }
    pool.challenges.remove(session.unwrap_or_default());
    let grant = Grant::api(pool, client, challenge.sub, "TokenGeneration_Authentication");
    Ok(Step::tokens(grant))
}

/// Takes a code of the app whose secret is new, and keeps the secret.
pub(super) fn confirm_secret(user: &mut User, code: &str) -> Result<(), CognitoError> {
    let secret = user.factors.new_secret.clone().filter(|secret| totp::admits(secret, code));
    let mismatch = || CognitoError::new("EnableSoftwareTokenMFAException", "Code mismatch");
    user.factors.secret = Some(secret.ok_or_else(mismatch)?);
    user.factors.new_secret = None;
    Ok(())
}
