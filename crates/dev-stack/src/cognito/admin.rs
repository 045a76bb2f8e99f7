//! What administrators do to users.

use serde::Deserialize;
use serde_json::json;

use super::{
    error::CognitoError,
    firing::{Firing, Metadata},
    password,
    service::Cognito,
    sign_up::{CONFIRM_SIGN_UP, new_user},
    user::UserStatus,
    verification,
    wire::{Answer, Attribute, pairs},
};
use crate::random;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUser {
    user_pool_id: String,
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConfirmSignUp {
    user_pool_id: String,
    username: String,
    client_metadata: Option<Metadata>,
}

/// `AdminConfirmSignUp`: fires as `ConfirmSignUp` does, without a client; the e-mail stays unverified.
pub(super) async fn confirm_sign_up(cognito: &Cognito, input: ConfirmSignUp) -> Answer {
    let firing = cognito.with_pool(&input.user_pool_id, |pool| {
        let user = pool.user_mut(&input.username)?;
        user.check_unconfirmed()?;
        user.code = None;
        user.set_status(UserStatus::Confirmed);
        let user = pool.user(&input.username)?;
        Ok(Firing::post_confirmation(pool, user, CONFIRM_SIGN_UP, None, input.client_metadata))
    })?;
    if let Some(firing) = firing {
        firing.fire(cognito, |_| Ok(())).await?;
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateUser {
    user_pool_id: String,
    username: String,
    user_attributes: Option<Vec<Attribute>>,
    temporary_password: Option<String>,
    message_action: Option<String>,
    #[serde(default)]
    force_alias_creation: bool,
}

/// `AdminCreateUser`: a user with a temporary password. Fires nothing here: neither of the two triggers is
/// called for it.
pub(super) fn create_user(cognito: &Cognito, input: &CreateUser) -> Answer {
    let attributes = pairs(input.user_attributes.as_deref());
    let temporary = input.temporary_password.clone().unwrap_or_else(random::password);
    cognito.with_pool(&input.user_pool_id, |pool| {
        password::check(pool, &temporary)?;
        let pool_id = pool.id.clone();
        if input.message_action.as_deref() == Some("RESEND") {
            let user = pool.user_mut(&input.username)?;
            if user.status != UserStatus::ForceChangePassword {
                return Err(CognitoError::new(
                    "UnsupportedUserStateException",
                    "Resend not possible. User is not in the right state",
                ));
            }
            user.password = Some(temporary.clone());
            cognito.deliver(&pool_id, user, "temporary password", &temporary);
            return Ok(json!({ "User": user.describe("Attributes") }));
        }
        let mut user = new_user(pool, &input.username, attributes, UserStatus::ForceChangePassword)?;
        if input.force_alias_creation {
            pool.take_aliases(&user);
        } else {
            pool.check_aliases(&user)?;
        }
        user.password = Some(temporary.clone());
        if input.message_action.as_deref() != Some("SUPPRESS") {
            cognito.deliver(&pool_id, &mut user, "temporary password", &temporary);
        }
        let answer = json!({ "User": user.describe("Attributes") });
        pool.users.insert(user);
        Ok(answer)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetUserPassword {
    user_pool_id: String,
    username: String,
    password: String,
    #[serde(default)]
    permanent: bool,
}

/// `AdminSetUserPassword`: a permanent one confirms the user, and fires no trigger.
pub(super) fn set_user_password(cognito: &Cognito, input: &SetUserPassword) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        password::check(pool, &input.password)?;
        let user = pool.user_mut(&input.username)?;
        user.password = Some(input.password.clone());
        let status = if input.permanent { UserStatus::Confirmed } else { UserStatus::ForceChangePassword };
        user.set_status(status);
        Ok(json!({}))
    })
}

/// `AdminGetUser`: all attributes.
pub(super) fn get_user(cognito: &Cognito, input: &OfUser) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let user = pool.user(&input.username)?;
        let mut shown = user.describe("UserAttributes");
        user.factors.show(&mut shown);
        Ok(shown)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateUserAttributes {
    user_pool_id: String,
    username: String,
    user_attributes: Option<Vec<Attribute>>,
}

/// `AdminUpdateUserAttributes`: an empty value deletes.
pub(super) fn update_user_attributes(cognito: &Cognito, input: &UpdateUserAttributes) -> Answer {
    cognito.user_update_calls().admit()?;
    change_attributes(cognito, &input.user_pool_id, &input.username, pairs(input.user_attributes.as_deref()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteUserAttributes {
    user_pool_id: String,
    username: String,
    user_attribute_names: Vec<String>,
}

/// `AdminDeleteUserAttributes`.
pub(super) fn delete_user_attributes(cognito: &Cognito, input: &DeleteUserAttributes) -> Answer {
    cognito.user_update_calls().admit()?;
    let names = input.user_attribute_names.iter();
    let changes = names.map(|name| (name.clone(), String::new())).collect();
    change_attributes(cognito, &input.user_pool_id, &input.username, changes)
}

/// `AdminDeleteUser`.
pub(super) fn delete_user(cognito: &Cognito, input: &OfUser) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| pool.remove_user(&input.username).map(|_| json!({})))
}

/// `AdminDisableUser`: tokens that are out stay good, no new ones are made.
pub(super) fn disable_user(cognito: &Cognito, input: &OfUser) -> Answer {
    set_enabled(cognito, input, false)
}

/// `AdminEnableUser`.
pub(super) fn enable_user(cognito: &Cognito, input: &OfUser) -> Answer {
    set_enabled(cognito, input, true)
}

/// `AdminUserGlobalSignOut`.
pub(super) fn user_global_sign_out(cognito: &Cognito, input: &OfUser) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let sub = pool.user(&input.username)?.sub.clone();
        for session in pool.sessions.values_mut().filter(|session| session.sub == sub) {
            session.revoked = true;
        }
        Ok(json!({}))
    })
}

fn change_attributes(
    cognito: &Cognito,
    pool_id: &str,
    username: &str,
    changes: Vec<(String, String)>,
) -> Answer {
    cognito.with_pool(pool_id, |pool| {
        pool.user(username)?;
        pool.check_change(&changes)?;
        verification::write(cognito, pool, username, true, changes)?;
        Ok(json!({}))
    })
}

fn set_enabled(cognito: &Cognito, input: &OfUser, enabled: bool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let user = pool.user_mut(&input.username)?;
        user.enabled = enabled;
        user.touch();
        Ok(json!({}))
    })
}
