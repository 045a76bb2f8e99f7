//! Sign-in by password, and what follows a password that was right: tokens, or a challenge.

use serde_json::json;

use super::{
    challenges::ask,
    client::Client,
    error::CognitoError,
    pool::Pool,
    second_factor,
    service::Cognito,
    session::Asked,
    step::Step,
    user::UserStatus,
    wire::{Answer, Parameters, parameter},
};

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
        let sub = check_password(pool, &client, name, password)?;
        after_password(cognito, pool, &client, &sub)
    })?;
    step.finish(cognito).await
}

/// The `sub` of the confirmed user who has this name and password.
pub(super) fn check_password(
    pool: &Pool,
    client: &Client,
    name: &str,
    password: &str,
) -> Result<String, CognitoError> {
    let user = pool.user_signing_in(name).map_err(|error| {
        if client.prevents_user_existence_errors() { CognitoError::wrong_password() } else { error }
    })?;
    user.check_confirmed()?;
    if user.password.as_deref() != Some(password) {
        return Err(CognitoError::wrong_password());
    }
    Ok(user.sub.clone())
}

/// What follows a password that was right.
pub(super) fn after_password(
    cognito: &Cognito,
    pool: &mut Pool,
    client: &Client,
    sub: &str,
) -> Result<Step, CognitoError> {
    let user = pool.user(sub)?;
    user.check_confirmed()?;
    user.check_enabled()?;
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
