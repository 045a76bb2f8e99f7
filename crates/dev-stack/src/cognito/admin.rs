//! What administrators do: users from outside the sign-up, and a look at pools and clients.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Cognito,
    api::{Answer, Attribute, pairs, put},
    error::CognitoError,
    password,
    sign_up::{CONFIRM_SIGN_UP, check_unconfirmed, new_user},
    trigger::{Firing, Metadata},
    user::{User, UserStatus},
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
        check_unconfirmed(user)?;
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
}

/// `AdminCreateUser`: a user with a temporary password. Fires nothing here: neither of the two triggers is
/// called for it.
pub(super) fn create_user(cognito: &Cognito, input: &CreateUser) -> Answer {
    let attributes = pairs(input.user_attributes.as_deref());
    let temporary = input.temporary_password.clone().unwrap_or_else(random::password);
    password::check(&temporary)?;
    cognito.with_pool(&input.user_pool_id, |pool| {
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
        user.password = Some(temporary.clone());
        if input.message_action.as_deref() != Some("SUPPRESS") {
            cognito.deliver(&pool_id, &mut user, "temporary password", &temporary);
        }
        let answer = json!({ "User": user.describe("Attributes") });
        pool.add_user(user);
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
    password::check(&input.password)?;
    cognito.with_pool(&input.user_pool_id, |pool| {
        let user = pool.user_mut(&input.username)?;
        user.password = Some(input.password.clone());
        let status = if input.permanent { UserStatus::Confirmed } else { UserStatus::ForceChangePassword };
        user.set_status(status);
        Ok(json!({}))
    })
}

/// `AdminGetUser`: all attributes.
pub(super) fn get_user(cognito: &Cognito, input: &OfUser) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| Ok(pool.user(&input.username)?.describe("UserAttributes")))
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
    let changes = pairs(input.user_attributes.as_deref());
    cognito.with_pool(&input.user_pool_id, |pool| {
        pool.user(&input.username)?;
        pool.check_schema(&changes)?;
        pool.user_mut(&input.username)?.write(changes);
        Ok(json!({}))
    })
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListUsers {
    user_pool_id: String,
    filter: Option<String>,
    limit: Option<usize>,
    pagination_token: Option<String>,
}

/// `ListUsers`: by username, 60 at most at a time, with a filter of one `attribute = "value"` or `^=`.
pub(super) fn list_users(cognito: &Cognito, input: &ListUsers) -> Answer {
    let filter = input.filter.as_deref().map(parse_filter).transpose()?;
    let limit = input.limit.unwrap_or(60).clamp(1, 60);
    cognito.with_pool(&input.user_pool_id, |pool| {
        let after = input.pagination_token.clone().unwrap_or_default();
        let mut matching = pool
            .users
            .range::<String, _>((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded))
            .filter(|(_, user)| filter.as_ref().is_none_or(|filter| filter.admits(user)));
        let page: Vec<_> = matching.by_ref().take(limit).collect();
        let more = matching.next().is_some();
        let users: Vec<_> = page.iter().map(|(_, user)| user.describe("Attributes")).collect();
        let mut answer = json!({ "Users": users });
        if let (true, Some((key, _))) = (more, page.last()) {
            put(&mut answer, "PaginationToken", json!(key));
        }
        Ok(answer)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfPool {
    user_pool_id: String,
}

/// `DescribeUserPool`: the parts that this stack knows of.
pub(super) fn describe_user_pool(cognito: &Cognito, input: &OfPool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        Ok(json!({ "UserPool": pool.describe(|function| cognito.lambda().arn(function)) }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfClient {
    user_pool_id: String,
    client_id: String,
}

/// `DescribeUserPoolClient`: the parts that this stack knows of.
pub(super) fn describe_user_pool_client(cognito: &Cognito, input: &OfClient) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        Ok(json!({ "UserPoolClient": pool.client(&input.client_id)?.describe(&pool.id) }))
    })
}

/// `ListUserPoolClients`: all on one page.
pub(super) fn list_user_pool_clients(cognito: &Cognito, input: &OfPool) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let describe = |client: &super::Client| {
            json!({ "UserPoolId": pool.id, "ClientId": client.id, "ClientName": client.settings.name })
        };
        let clients: Vec<Value> = pool.clients.values().map(describe).collect();
        Ok(json!({ "UserPoolClients": clients }))
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

/// One condition of `ListUsers`.
struct Filter {
    attribute: String,
    value: String,
    prefix: bool,
}

impl Filter {
    fn admits(&self, user: &User) -> bool {
        let actual = match self.attribute.as_str() {
            "username" => Some(user.username.as_str()),
            "sub" => Some(user.sub.as_str()),
            "cognito:user_status" => Some(user.status.as_str()),
            "status" => Some(if user.enabled { "Enabled" } else { "Disabled" }),
            name => user.attributes.get(name).map(String::as_str),
        };
        actual.is_some_and(
            |actual| {
                if self.prefix { actual.starts_with(&self.value) } else { actual == self.value }
            },
        )
    }
}

fn parse_filter(text: &str) -> Result<Filter, CognitoError> {
    let refused = || CognitoError::invalid_parameter(format!("Error while parsing filter: {text}"));
    let (left, value) = text.split_once('=').ok_or_else(refused)?;
    let prefix = left.trim_end().ends_with('^');
    let attribute = left.trim_end().trim_end_matches('^').trim().trim_matches('"').to_owned();
    let quoted = value.trim().strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Ok(Filter { attribute, value: quoted.ok_or_else(refused)?.to_owned(), prefix })
}
