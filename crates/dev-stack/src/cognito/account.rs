//! What users do with their own account: profile, password reset, sign-out.

use serde::Deserialize;
use serde_json::json;

use super::{
    delivery::code_delivery,
    error::CognitoError,
    firing::{Firing, Metadata},
    own_account::with_own_account,
    password,
    service::Cognito,
    user::{CodeUse, UserStatus},
    verification,
    wire::{Answer, Attribute, pairs},
};
use crate::random;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WithAccessToken {
    access_token: String,
}

/// `GetUser`: the attributes that the client may read.
pub(super) fn get_user(cognito: &Cognito, input: &WithAccessToken) -> Answer {
    with_own_account(cognito, &input.access_token, |pool, client, sub| {
        let user = pool.user(sub)?;
        let mut shown = json!({
            "Username": user.username,
            "UserAttributes": user.attribute_list(|name| client.may_read(name)),
        });
        user.factors.show(&mut shown);
        Ok(shown)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateUserAttributes {
    access_token: String,
    user_attributes: Option<Vec<Attribute>>,
}

/// `UpdateUserAttributes`: only what the client may write.
pub(super) fn update_user_attributes(cognito: &Cognito, input: &UpdateUserAttributes) -> Answer {
    let changes = pairs(input.user_attributes.as_deref());
    with_own_account(cognito, &input.access_token, |pool, client, sub| {
        for (name, _) in &changes {
            client.check_write(name)?;
        }
        pool.check_change(&changes)?;
        let codes = verification::write(cognito, pool, sub, false, changes)?;
        Ok(json!({ "CodeDeliveryDetailsList": codes }))
    })
}

/// `GlobalSignOut`: no session of the user can be refreshed, no access token of theirs is good here.
pub(super) fn global_sign_out(cognito: &Cognito, input: &WithAccessToken) -> Answer {
    with_own_account(cognito, &input.access_token, |pool, _, sub| {
        for session in pool.sessions.values_mut().filter(|session| session.sub == sub) {
            session.revoked = true;
        }
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ForgotPassword {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
}

/// `ForgotPassword`: a reset code to the verified address.
pub(super) fn forgot_password(cognito: &Cognito, input: &ForgotPassword) -> Answer {
    cognito.with_client(&input.client_id, |pool, client| {
        client.check_secret_hash(&input.username, input.secret_hash.as_deref())?;
        let pool_id = pool.id.clone();
        let user = match pool.user_mut(&input.username) {
            Ok(user) => user,
            // Nobody learns who has an account: an answer as good as any, and no mail.
            Err(_) if client.prevents_user_existence_errors() => {
                return Ok(json!({ "CodeDeliveryDetails": code_delivery("email", &input.username) }));
            }
            Err(error) => return Err(error),
        };
        if !user.enabled {
            return Err(CognitoError::not_authorized("User is disabled."));
        }
        if user.status == UserStatus::ForceChangePassword {
            let message = "User password cannot be reset in the current state.";
            return Err(CognitoError::not_authorized(message));
        }
        let email = user.email().filter(|_| user.is_verified("email")).ok_or_else(|| {
            CognitoError::invalid_parameter(
                "Cannot reset password for the user as there is no registered/verified email or phone_number",
            )
        })?;
        let details = code_delivery("email", email);
        let code = random::digits(6);
        user.code = Some((CodeUse::ResetPassword, code.clone()));
        cognito.deliver(&pool_id, user, "password reset code", &code);
        Ok(json!({ "CodeDeliveryDetails": details }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConfirmForgotPassword {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    confirmation_code: String,
    password: String,
    client_metadata: Option<Metadata>,
}

/// `ConfirmForgotPassword`: the new password stands, whatever the trigger does.
pub(super) async fn confirm_forgot_password(cognito: &Cognito, input: ConfirmForgotPassword) -> Answer {
    let firing = cognito.with_client(&input.client_id, |pool, client| {
        client.check_secret_hash(&input.username, input.secret_hash.as_deref())?;
        let sub = pool.user(&input.username).map(|user| user.sub.clone()).map_err(|error| {
            if client.prevents_user_existence_errors() { CognitoError::code_expired() } else { error }
        })?;
        password::check(pool, &input.password)?;
        let user = pool.user_mut(&sub)?;
        user.redeem_code(CodeUse::ResetPassword, &input.confirmation_code)?;
        user.password = Some(input.password);
        user.set_status(UserStatus::Confirmed);
        let user = pool.user(&input.username)?;
        let source = "PostConfirmation_ConfirmForgotPassword";
        let client_id = Some(client.id.as_str());
        Ok(Firing::post_confirmation(pool, user, source, client_id, input.client_metadata))
    })?;
    if let Some(firing) = firing {
        firing.fire(cognito, |_| Ok(())).await?;
    }
    Ok(json!({}))
}
