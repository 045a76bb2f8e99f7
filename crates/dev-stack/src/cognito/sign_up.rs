//! Users who sign themselves up.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    client::Client,
    delivery::code_delivery,
    error::CognitoError,
    firing::{Firing, Metadata},
    password,
    pool::Pool,
    service::Cognito,
    user::{CodeUse, User, UserStatus},
    wire::{Answer, Attribute, pairs},
};
use crate::{json::put, random};

/// `triggerSource` of every confirmation.
pub(super) const CONFIRM_SIGN_UP: &str = "PostConfirmation_ConfirmSignUp";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SignUp {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    password: String,
    user_attributes: Option<Vec<Attribute>>,
    client_metadata: Option<Metadata>,
}

impl SignUp {
    /// The form of managed login, which carries no metadata.
    pub(super) fn of_form(client: &Client, username: &str, password: &str, email: Option<&str>) -> Self {
        Self {
            client_id: client.id.clone(),
            secret_hash: client.secret_hash(username),
            username: username.to_owned(),
            password: password.to_owned(),
            user_attributes: email.map(|email| vec![Attribute::new("email", email)]),
            client_metadata: None,
        }
    }
}

/// `SignUp`: a new unconfirmed user with a code in the mail.
pub(super) async fn sign_up(cognito: &Cognito, input: SignUp) -> Answer {
    let attributes = pairs(input.user_attributes.as_deref());
    let (answer, firing) = cognito.with_client(&input.client_id, |pool, client| {
        client.check_secret_hash(&input.username, input.secret_hash.as_deref())?;
        if pool.is_for_administrators() {
            return Err(CognitoError::not_authorized("SignUp is not permitted for this user pool"));
        }
        for (name, _) in &attributes {
            client.check_write(name)?;
        }
        let mut user = new_user(pool, &input.username, attributes, UserStatus::Unconfirmed)?;
        password::check(pool, &input.password)?;
        user.password = Some(input.password);
        let mut answer = json!({ "UserConfirmed": false, "UserSub": user.sub });
        let mut firing = None;
        if pool.auto_confirm {
            user.set_status(UserStatus::Confirmed);
            put(&mut answer, "UserConfirmed", json!(true));
            let client_id = Some(client.id.as_str());
            firing =
                Firing::post_confirmation(pool, &user, CONFIRM_SIGN_UP, client_id, input.client_metadata);
        } else if let Some(details) = send_confirmation_code(cognito, &pool.id, &mut user) {
            put(&mut answer, "CodeDeliveryDetails", details);
        }
        pool.users.insert(user);
        Ok((answer, firing))
    })?;
    if let Some(firing) = firing {
        firing.fire(cognito, |_| Ok(())).await?;
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConfirmSignUp {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    confirmation_code: String,
    #[serde(default)]
    force_alias_creation: bool,
    client_metadata: Option<Metadata>,
}

impl ConfirmSignUp {
    /// The form of managed login, which carries no metadata.
    pub(super) fn of_form(client: &Client, username: &str, code: &str) -> Self {
        Self {
            client_id: client.id.clone(),
            secret_hash: client.secret_hash(username),
            username: username.to_owned(),
            confirmation_code: code.to_owned(),
            force_alias_creation: false,
            client_metadata: None,
        }
    }
}

/// `ConfirmSignUp`: the user is confirmed first, and stays so whatever the trigger does.
pub(super) async fn confirm_sign_up(cognito: &Cognito, input: ConfirmSignUp) -> Answer {
    let firing = cognito.with_client(&input.client_id, |pool, client| {
        client.check_secret_hash(&input.username, input.secret_hash.as_deref())?;
        let user = pool.user(&input.username).map_err(|_| unknown_combination())?;
        let sub = user.sub.clone();
        user.check_unconfirmed()?;
        user.check_code(CodeUse::Confirm, &input.confirmation_code)?;
        if user.email().is_some() {
            let mut after = user.clone();
            let verified = vec![("email_verified".to_owned(), "true".to_owned())];
            after.write(verified.clone());
            if input.force_alias_creation {
                pool.take_aliases(&after);
            } else {
                pool.check_aliases(&after)?;
            }
            pool.write(&sub, verified)?;
        }
        let user = pool.user_mut(&sub)?;
        user.code = None;
        user.set_status(UserStatus::Confirmed);
        let user = pool.user(&sub)?;
        let client_id = Some(client.id.as_str());
        Ok(Firing::post_confirmation(pool, user, CONFIRM_SIGN_UP, client_id, input.client_metadata))
    })?;
    if let Some(firing) = firing {
        firing.fire(cognito, |_| Ok(())).await?;
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResendConfirmationCode {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
}

impl ResendConfirmationCode {
    /// The link of managed login.
    pub(super) fn of_form(client: &Client, username: &str) -> Self {
        let secret_hash = client.secret_hash(username);
        Self { client_id: client.id.clone(), secret_hash, username: username.to_owned() }
    }
}

/// `ResendConfirmationCode`: a new code; the old one is worth nothing.
pub(super) fn resend_confirmation_code(cognito: &Cognito, input: &ResendConfirmationCode) -> Answer {
    cognito.with_client(&input.client_id, |pool, client| {
        client.check_secret_hash(&input.username, input.secret_hash.as_deref())?;
        let pool_id = pool.id.clone();
        let user = pool.user_mut(&input.username).map_err(|_| unknown_combination())?;
        if user.status != UserStatus::Unconfirmed {
            return Err(CognitoError::invalid_parameter("User is already confirmed."));
        }
        let details = send_confirmation_code(cognito, &pool_id, user);
        Ok(json!({ "CodeDeliveryDetails": details }))
    })
}

/// A user who is not in the pool yet. In e-mail pools the name is the address, and the username a UUID.
pub(super) fn new_user(
    pool: &Pool,
    name: &str,
    mut attributes: Vec<(String, String)>,
    status: UserStatus,
) -> Result<User, CognitoError> {
    pool.check_schema(&attributes)?;
    let sub = random::uuid();
    let mut username = name.to_owned();
    if pool.has_email_usernames() {
        if !name.contains('@') {
            return Err(CognitoError::invalid_parameter("Username should be an email."));
        }
        username.clone_from(&sub);
        attributes.retain(|(attribute, _)| attribute != "email");
        attributes.push(("email".to_owned(), name.to_owned()));
    }
    if name.contains('@') && !pool.has_email_usernames() && pool.is_name("email") {
        return Err(CognitoError::invalid_parameter(
            "Username cannot be of email format, since user pool is configured for email alias.",
        ));
    }
    let taken = if pool.has_email_usernames() { pool.user(name).ok() } else { pool.users.by_username(name) };
    if taken.is_some() {
        let message = match (pool.has_email_usernames(), status) {
            (true, _) => "An account with the given email already exists.",
            (false, UserStatus::ForceChangePassword) => "User account already exists",
            (false, _) => "User already exists",
        };
        return Err(CognitoError::new("UsernameExistsException", message));
    }
    let mut user = User::new(username, sub, status);
    user.write(attributes);
    Ok(user)
}

/// Mails a code to a user who has an address.
fn send_confirmation_code(cognito: &Cognito, pool_id: &str, user: &mut User) -> Option<Value> {
    let details = code_delivery("email", user.email()?);
    let code = random::digits(6);
    user.code = Some((CodeUse::Confirm, code.clone()));
    cognito.deliver(pool_id, user, "confirmation code", &code);
    Some(details)
}

fn unknown_combination() -> CognitoError {
    CognitoError::new("UserNotFoundException", "Username/client id combination not found.")
}
