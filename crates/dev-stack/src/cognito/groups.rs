//! The operations on groups.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{error::CognitoError, group::Group, service::Cognito, wire::Answer};
use crate::clock;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    user_pool_id: String,
    group_name: String,
    description: Option<String>,
    precedence: Option<u32>,
    role_arn: Option<String>,
}

/// `CreateGroup`.
pub(super) fn create(cognito: &Cognito, input: &Create) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        if pool.groups.contains_key(&input.group_name) {
            return Err(CognitoError::new("GroupExistsException", "A group with the name already exists."));
        }
        let group = Group {
            name: input.group_name.clone(),
            description: input.description.clone(),
            precedence: input.precedence,
            role_arn: input.role_arn.clone(),
            created: clock::now_seconds(),
        };
        let answer = json!({ "Group": describe(&group, &pool.id) });
        pool.groups.insert(group.name.clone(), group);
        Ok(answer)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Membership {
    user_pool_id: String,
    group_name: String,
    username: String,
}

/// `AdminAddUserToGroup`.
pub(super) fn add_user(cognito: &Cognito, input: &Membership) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        if !pool.groups.contains_key(&input.group_name) {
            return Err(CognitoError::not_found("Group not found."));
        }
        pool.user_mut(&input.username)?.groups.insert(input.group_name.clone());
        Ok(json!({}))
    })
}

/// `AdminRemoveUserFromGroup`.
pub(super) fn remove_user(cognito: &Cognito, input: &Membership) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        if !pool.groups.contains_key(&input.group_name) {
            return Err(CognitoError::not_found("Group not found."));
        }
        pool.user_mut(&input.username)?.groups.remove(&input.group_name);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUser {
    user_pool_id: String,
    username: String,
}

/// `AdminListGroupsForUser`: all on one page.
pub(super) fn of_user(cognito: &Cognito, input: &OfUser) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        let user = pool.user(&input.username)?;
        let groups: Vec<_> =
            pool.groups_of(user).into_iter().map(|group| describe(group, &pool.id)).collect();
        Ok(json!({ "Groups": groups }))
    })
}

fn describe(group: &Group, pool_id: &str) -> Value {
    json!({
        "GroupName": group.name,
        "UserPoolId": pool_id,
        "Description": group.description,
        "Precedence": group.precedence,
        "RoleArn": group.role_arn,
        "CreationDate": group.created,
        "LastModifiedDate": group.created,
    })
}
