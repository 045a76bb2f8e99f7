//! The event of a sign-in, as Cognito hands it to pre-token-generation.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::GroupType;
use serde_json::{Value, json};
use tenancy::{ClientId, PoolId, TenantId};

use super::super::input::Recorded;
use super::super::triggers::TriggerKind;
use user_pool::users::PoolUser;

/// The scope of an access token from a sign-in through the API.
const API_SCOPE: &str = "aws.cognito.signin.user.admin";

/// A sign-in that nobody has made.
#[derive(Debug)]
pub(super) struct SignIn<'a> {
    pub(super) pool: &'a PoolId,
    /// The event version.
    pub(super) version: u8,
    pub(super) user: &'a PoolUser,
    pub(super) client: Option<&'a ClientId>,
    /// The OAuth scopes of the app client, if one is named.
    pub(super) client_scopes: Option<Vec<String>>,
    /// What the app asks for.
    pub(super) tenant: Option<&'a TenantId>,
    /// `None` when the pool did not say.
    pub(super) groups: Option<&'a [GroupType]>,
}

impl SignIn<'_> {
    /// The event.
    pub(super) fn event(&self) -> Recorded {
        let mut attributes: BTreeMap<&str, &str> =
            self.user.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        attributes.insert("sub", self.user.sub.as_str());
        attributes.insert("cognito:user_status", &self.user.status);
        let mut request = json!({
            "userAttributes": attributes,
            "groupConfiguration": self.groups.map_or(Value::Null, group_configuration),
        });
        let container = if self.version == 1 {
            "claimsOverrideDetails"
        } else {
            set(&mut request, "scopes", json!(self.scopes()));
            "claimsAndScopeOverrideDetails"
        };
        if let Some(tenant) = self.tenant {
            set(&mut request, "clientMetadata", json!({ "tenantId": tenant.as_str() }));
        }
        let event = json!({
            "version": self.version.to_string(),
            "triggerSource": self.source(),
            "region": self.pool.as_str().split_once('_').map_or("", |(region, _)| region),
            "userPoolId": self.pool.as_str(),
            "userName": self.user.username.as_str(),
            "callerContext": {
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": self.client.map(ClientId::as_str),
            },
            "request": request,
            "response": { container: null },
        });
        // Texts, lists and maps with texts as keys: writing them cannot fail.
        let event = serde_json::value::to_raw_value(&event).unwrap_or_default();
        Recorded { event, trigger: TriggerKind::PreTokenGeneration }
    }

    /// A user who exists only through an identity provider signs in through it, so that its word on the address counts.
    fn source(&self) -> &'static str {
        match self.user.status.as_str() {
            "EXTERNAL_PROVIDER" => "TokenGeneration_HostedAuth",
            "FORCE_CHANGE_PASSWORD" => "TokenGeneration_NewPasswordChallenge",
            _ => "TokenGeneration_Authentication",
        }
    }

    fn scopes(&self) -> Vec<String> {
        match &self.client_scopes {
            _ if self.user.status != "EXTERNAL_PROVIDER" => vec![API_SCOPE.to_owned()],
            Some(scopes) if !scopes.is_empty() => scopes.clone(),
            _ => vec!["openid".to_owned()],
        }
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// The strongest group first: the lowest precedence, and those without one last. The preferred role is that of the strongest
/// group, unless equally strong groups disagree (developer guide, "Adding groups to a user pool").
fn group_configuration(groups: &[GroupType]) -> Value {
    let mut groups: Vec<&GroupType> = groups.iter().collect();
    let rank = |group: &GroupType| (group.precedence.unwrap_or(i32::MAX), group.group_name.clone());
    groups.sort_by_key(|group| rank(group));
    let strongest = groups.first().map(|group| group.precedence);
    let (mut roles, mut preferred): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for group in &groups {
        let Some(role) = group.role_arn.as_deref() else { continue };
        if !roles.contains(&role) {
            roles.push(role);
        }
        if Some(group.precedence) == strongest && !preferred.contains(&role) {
            preferred.push(role);
        }
    }
    let names: Vec<&str> = groups.iter().filter_map(|group| group.group_name.as_deref()).collect();
    json!({
        "groupsToOverride": names,
        "iamRolesToOverride": roles,
        "preferredRole": if let [only] = preferred.as_slice() { Some(*only) } else { None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_group_gives_the_preferred_role_unless_equals_disagree() {
        let group = |name: &str, precedence: Option<i32>, role: Option<&str>| {
            GroupType::builder()
                .group_name(name)
                .set_precedence(precedence)
                .set_role_arn(role.map(str::to_owned))
                .build()
        };
        let (first, later) = (group("b", Some(1), Some("arn:b")), group("a", Some(5), Some("arn:a")));
        let (equal, last) = (group("d", Some(1), Some("arn:d")), group("c", None, None));

        let ordered = group_configuration(&[last, later, first.clone()]);
        let tied = group_configuration(&[first, equal]);

        assert_eq!(
            ordered,
            json!({
                "groupsToOverride": ["b", "a", "c"],
                "iamRolesToOverride": ["arn:b", "arn:a"],
                "preferredRole": "arn:b",
            })
        );
        assert_eq!(tied["preferredRole"], Value::Null);
    }
}
