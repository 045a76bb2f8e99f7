//! Reads what a trigger replied, and refuses what Cognito refuses.

use serde_json::{Map, Value};

use super::{error::CognitoError, group_configuration::GroupConfiguration, trigger::EventVersion, unknowns};

/// What a pre-token-generation reply changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    pub(crate) id: ClaimChanges,
    pub(crate) access: ClaimChanges,
    pub(crate) scopes_to_add: Vec<String>,
    pub(crate) scopes_to_suppress: Vec<String>,
    /// `None` leaves the memberships; an empty one takes the groups away.
    pub(crate) groups: Option<GroupConfiguration>,
}

/// Claims added to and suppressed in one token.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClaimChanges {
    pub(crate) add: Map<String, Value>,
    pub(crate) suppress: Vec<String>,
}

/// Checks that `reply` is the event that was sent with nothing but `response` changed, and gives `response`.
///
/// # Errors
///
/// `InvalidLambdaResponseException`, which says no more than Cognito does: what is wrong is only to be found
/// by comparing the reply with the event.
pub(crate) fn read(reply: &[u8], event: &Value) -> Result<Map<String, Value>, CognitoError> {
    let reply: Value = serde_json::from_slice(reply).map_err(|_| {
        CognitoError::new("InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON")
    })?;
    let Value::Object(mut reply) = reply else { return Err(unrecognizable()) };
    let echoed = unknowns::ECHOED_MEMBERS.iter().all(|name| reply.get(*name) == event.get(*name));
    let has_request = reply.get("request").is_some_and(Value::is_object);
    if !echoed || (unknowns::REQUEST_MUST_COME_BACK && !has_request) {
        return Err(unrecognizable());
    }
    match reply.remove("response") {
        Some(Value::Object(response)) => Ok(response),
        _ => Err(unrecognizable()),
    }
}

/// Reads the `response` of a pre-token-generation reply. The container of another event version is ignored.
///
/// # Errors
///
/// `InvalidLambdaResponseException` for members of a wrong type, and for claim values that the version does
/// not admit.
pub(crate) fn overrides(
    response: &Map<String, Value>,
    version: EventVersion,
) -> Result<Overrides, CognitoError> {
    let container = match version {
        EventVersion::V1 => "claimsOverrideDetails",
        EventVersion::V2 | EventVersion::V3 => "claimsAndScopeOverrideDetails",
    };
    let Some(details) = member(response, container, Value::as_object)? else {
        return Ok(Overrides::default());
    };
    let groups = match details.get("groupOverrideDetails") {
        None => None,
        Some(Value::Null) => Some(GroupConfiguration::default()),
        Some(Value::Object(groups)) => Some(group_override(groups)?),
        Some(_) => return Err(unrecognizable()),
    };
    if version == EventVersion::V1 {
        let id = claim_changes(details, Value::is_string)?;
        return Ok(Overrides { id, groups, ..Overrides::default() });
    }
    let mut overrides = Overrides { groups, ..Overrides::default() };
    if let Some(id) = member(details, "idTokenGeneration", Value::as_object)? {
        overrides.id = claim_changes(id, unknowns::claim_value_is_accepted)?;
        let complex = |name: &&str| {
            overrides.id.add.get(*name).is_some_and(|value| value.is_array() || value.is_object())
        };
        if unknowns::SIMPLE_VALUED_ID_CLAIMS.iter().any(complex) {
            return Err(unrecognizable());
        }
    }
    if let Some(access) = member(details, "accessTokenGeneration", Value::as_object)? {
        overrides.access = claim_changes(access, unknowns::claim_value_is_accepted)?;
        overrides.scopes_to_add = strings(access, "scopesToAdd")?;
        overrides.scopes_to_suppress = strings(access, "scopesToSuppress")?;
        if overrides.scopes_to_add.iter().any(|scope| scope.contains(' ')) {
            return Err(unrecognizable());
        }
    }
    Ok(overrides)
}

fn group_override(groups: &Map<String, Value>) -> Result<GroupConfiguration, CognitoError> {
    let roles = if groups.contains_key("iamRolesToOverride") {
        strings(groups, "iamRolesToOverride")?
    } else {
        unknowns::roles_when_left_out()
    };
    Ok(GroupConfiguration {
        groups_to_override: strings(groups, "groupsToOverride")?,
        iam_roles_to_override: roles,
        preferred_role: match groups.get("preferredRole") {
            None | Some(Value::Null) => None,
            Some(Value::String(role)) => Some(role.clone()),
            Some(_) => return Err(unrecognizable()),
        },
    })
}

fn claim_changes(
    block: &Map<String, Value>,
    accepted: impl Fn(&Value) -> bool,
) -> Result<ClaimChanges, CognitoError> {
    let add = member(block, "claimsToAddOrOverride", Value::as_object)?.cloned().unwrap_or_default();
    if !add.values().all(accepted) {
        return Err(unrecognizable());
    }
    Ok(ClaimChanges { add, suppress: strings(block, "claimsToSuppress")? })
}

fn strings(block: &Map<String, Value>, name: &str) -> Result<Vec<String>, CognitoError> {
    let Some(items) = member(block, name, Value::as_array)? else { return Ok(Vec::new()) };
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(unrecognizable)).collect()
}

/// An optional member of one type.
fn member<'a, T>(
    block: &'a Map<String, Value>,
    name: &str,
    typed: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, CognitoError> {
    match block.get(name) {
        None => Ok(None),
        Some(Value::Null) if unknowns::NULL_MEMBER_IS_ABSENT => Ok(None),
        Some(value) => typed(value).map(Some).ok_or_else(unrecognizable),
    }
}

fn unrecognizable() -> CognitoError {
    CognitoError::new("InvalidLambdaResponseException", "Unrecognizable lambda output")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "version": "2",
            "triggerSource": "TokenGeneration_Authentication",
            "region": "eu-west-1",
            "userPoolId": "eu-west-1_pool",
            "userName": "ana",
            "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": null },
            "request": { "userAttributes": {} },
            "response": { "claimsAndScopeOverrideDetails": null },
        })
    }

    fn details(version: EventVersion, details: &Value) -> Result<Overrides, CognitoError> {
        let container = if version == EventVersion::V1 {
            "claimsOverrideDetails"
        } else {
            "claimsAndScopeOverrideDetails"
        };
        overrides(json!({ container: details }).as_object().unwrap(), version)
    }

    #[test]
    fn an_untouched_echo_changes_nothing() {
        let response = read(event().to_string().as_bytes(), &event()).unwrap();

        assert_eq!(overrides(&response, EventVersion::V2), Ok(Overrides::default()));
    }

    #[test]
    fn what_is_not_the_event_is_unrecognizable() {
        let without = |name: &str| {
            let mut reply = event();
            reply.as_object_mut().unwrap().remove(name);
            reply
        };
        let with = |name: &str, value: Value| {
            let mut reply = event();
            reply[name] = value;
            reply
        };
        let rows = [
            ("a list", json!([])),
            ("null", json!(null)),
            ("only the response", json!({ "response": {} })),
            ("no version", without("version")),
            ("no region", without("region")),
            ("no pool", without("userPoolId")),
            ("no user", without("userName")),
            ("no caller", without("callerContext")),
            ("no request", without("request")),
            ("no response", without("response")),
            ("response is null", with("response", json!(null))),
            ("response is a list", with("response", json!([]))),
            ("other version", with("version", json!("1"))),
            ("version is a number", with("version", json!(2))),
            ("other pool", with("userPoolId", json!("eu-west-1_other"))),
            ("other user", with("userName", json!("Ana"))),
            ("caller without the null", with("callerContext", json!({ "awsSdkVersion": "x" }))),
        ];

        for (row, reply) in rows {
            let error = read(reply.to_string().as_bytes(), &event()).unwrap_err();
            assert_eq!(error, unrecognizable(), "{row}");
        }
    }

    #[test]
    fn what_is_not_json_is_named_so() {
        for reply in ["", "not json", "{\"version\":"] {
            let error = read(reply.as_bytes(), &event()).unwrap_err();
            assert_eq!(error.message, "Invalid lambda function output : Invalid JSON", "{reply:?}");
        }
    }

    #[test]
    fn wrong_types_are_unrecognizable() {
        use EventVersion::{V1, V2};
        let rows = [
            ("details are a list", V2, json!([])),
            ("a number on V1", V1, json!({ "claimsToAddOrOverride": { "n": 1 } })),
            ("a list on V1", V1, json!({ "claimsToAddOrOverride": { "n": ["a"] } })),
            ("null on V1", V1, json!({ "claimsToAddOrOverride": { "n": null } })),
            ("claims are a list", V1, json!({ "claimsToAddOrOverride": [] })),
            ("suppress is a map", V1, json!({ "claimsToSuppress": {} })),
            ("suppress has a number", V1, json!({ "claimsToSuppress": [1] })),
            ("groups are a map", V1, json!({ "groupOverrideDetails": { "groupsToOverride": { "0": "a" } } })),
            ("group details are a list", V2, json!({ "groupOverrideDetails": [] })),
            ("roles are a map", V2, json!({ "groupOverrideDetails": { "iamRolesToOverride": {} } })),
            ("preferred role is a list", V2, json!({ "groupOverrideDetails": { "preferredRole": [] } })),
            ("null on V2", V2, json!({ "idTokenGeneration": { "claimsToAddOrOverride": { "n": null } } })),
            (
                "null in a list",
                V2,
                json!({ "accessTokenGeneration": { "claimsToAddOrOverride": { "n": [null] } } }),
            ),
            (
                "address as an object",
                V2,
                json!({ "idTokenGeneration": { "claimsToAddOrOverride": { "address": {} } } }),
            ),
            ("a scope with a blank", V2, json!({ "accessTokenGeneration": { "scopesToAdd": ["a b"] } })),
            ("generation is a list", V2, json!({ "idTokenGeneration": [] })),
        ];

        for (row, version, reply) in rows {
            assert_eq!(details(version, &reply), Err(unrecognizable()), "{row}");
        }
    }

    #[test]
    fn groups_are_left_emptied_or_replaced() {
        let replaced = GroupConfiguration { groups_to_override: vec!["a".to_owned()], ..Default::default() };
        let rows = [
            (json!({}), None),
            (json!({ "groupOverrideDetails": null }), Some(GroupConfiguration::default())),
            (json!({ "groupOverrideDetails": {} }), Some(GroupConfiguration::default())),
            (json!({ "groupOverrideDetails": { "groupsToOverride": ["a"] } }), Some(replaced)),
        ];

        for version in [EventVersion::V1, EventVersion::V2, EventVersion::V3] {
            for (reply, expected) in rows.clone() {
                let overrides = details(version, &reply).unwrap();
                assert_eq!(overrides.groups, expected, "{version:?} {reply}");
            }
        }
    }

    #[test]
    fn every_typed_value_is_accepted_on_v2() {
        let claims = json!({ "s": "x", "n": 9_223_372_036_854_775_807_i64, "b": true, "l": [1, "a"], "o": { "k": 1 } });
        let block = json!({ "claimsToAddOrOverride": claims });

        let overrides =
            details(EventVersion::V2, &json!({ "idTokenGeneration": block, "accessTokenGeneration": block }));

        let overrides = overrides.unwrap();
        assert_eq!(Value::Object(overrides.id.add), claims);
        assert_eq!(Value::Object(overrides.access.add), claims);
    }

    #[test]
    fn the_container_of_the_other_version_is_ignored() {
        let v1 = json!({ "claimsOverrideDetails": { "claimsToAddOrOverride": { "a": "b" } } });
        let v2 = json!({ "claimsAndScopeOverrideDetails": { "idTokenGeneration": { "claimsToAddOrOverride": { "a": "b" } } } });

        let crossed = [(v1, EventVersion::V2), (v2, EventVersion::V1)];

        for (response, version) in crossed {
            let read = overrides(response.as_object().unwrap(), version);
            assert_eq!(read, Ok(Overrides::default()), "{version:?}");
        }
    }
}
