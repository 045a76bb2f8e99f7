//! What a reply does to the tokens: claims, groups and scopes, compared with what the event says that they would be without it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cognito_trigger::event::PoolGroups;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What changes in the tokens. A token that there is none of is `None`.
#[derive(Debug, Default, Eq, PartialEq, Serialize)]
pub(super) struct Tokens {
    /// The ID token; a machine has none.
    pub(super) id: Option<Token>,
    /// The access token; with event version 1 only its groups can change.
    pub(super) access: Option<Token>,
}

/// What changes in one token.
#[derive(Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    /// Bytes of the claims, groups and scopes in the reply, as JSON.
    pub(super) added_bytes: usize,
    /// The claims that change, by their names.
    pub(super) changes: Vec<ClaimChange>,
}

#[derive(Debug, Eq, PartialEq, Serialize)]
pub(super) struct ClaimChange {
    /// `add`, `change`, `remove` or, when it is sent and nothing is different, `same`.
    pub(super) change: &'static str,
    pub(super) claim: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Value>,
}

/// Compares. `pool` is what the event says of groups and IAM roles; the user's attributes are claims of the ID token as far
/// as the app client may read them.
pub(super) fn compare(event: &RawValue, pool: &PoolGroups, reply: &RawValue) -> Tokens {
    let attributes = member(event, "request").and_then(|request| member(request, "userAttributes"));
    let Some(response) = member(reply, "response") else { return Tokens::default() };
    if let Some(details) = member(response, "claimsOverrideDetails") {
        let groups = Groups::read(details);
        return Tokens {
            id: Some(token(Some(details), attributes, groups.as_ref(), pool, true)),
            access: Some(token(None, None, groups.as_ref(), pool, false)),
        };
    }
    let Some(details) = member(response, "claimsAndScopeOverrideDetails") else { return Tokens::default() };
    let groups = Groups::read(details);
    let id = member(details, "idTokenGeneration");
    let access = member(details, "accessTokenGeneration");
    let mut tokens = Tokens {
        id: id.map(|id| token(Some(id), attributes, groups.as_ref(), pool, true)),
        access: Some(token(access, None, groups.as_ref(), pool, false)),
    };
    if let (Some(token), Some(block)) = (&mut tokens.access, access) {
        add_scopes(token, event, block);
    }
    tokens
}

/// The scopes that the reply adds, as a change of the claim `scope`.
fn add_scopes(token: &mut Token, event: &RawValue, access: &RawValue) {
    let added = texts(member(access, "scopesToAdd"));
    if added.is_empty() {
        return;
    }
    let before = texts(member(event, "request").and_then(|request| member(request, "scopes")));
    let joined = |scopes: &[String]| (!scopes.is_empty()).then(|| Value::from(scopes.join(" ")));
    token.changes.extend(change(
        "scope".to_owned(),
        joined(&before),
        joined(&[before, added.clone()].concat()),
    ));
    token.added_bytes += added.iter().map(|scope| scope.len() + 1).sum::<usize>();
}

/// `groupOverrideDetails`: groups of both tokens, IAM roles of the ID token.
struct Groups {
    bytes: usize,
    claims: [(&'static str, Option<Value>); 3],
}

impl Groups {
    fn read(details: &RawValue) -> Option<Self> {
        let details = member(details, "groupOverrideDetails")?;
        let list = |name| {
            let list: Vec<Value> = serde_json::from_str(member(details, name)?.get()).ok()?;
            (!list.is_empty()).then_some(Value::Array(list))
        };
        let preferred = member(details, "preferredRole").and_then(value);
        Some(Self {
            bytes: details.get().len(),
            claims: claims_of(list("groupsToOverride"), list("iamRolesToOverride"), preferred),
        })
    }
}

/// The claims that groups and IAM roles make. No groups are no claim.
fn claims_of(
    groups: Option<Value>,
    roles: Option<Value>,
    preferred: Option<Value>,
) -> [(&'static str, Option<Value>); 3] {
    [("cognito:groups", groups), ("cognito:roles", roles), ("cognito:preferred_role", preferred)]
}

fn token(
    claims: Option<&RawValue>,
    attributes: Option<&RawValue>,
    groups: Option<&Groups>,
    pool: &PoolGroups,
    is_id: bool,
) -> Token {
    let added = claims.and_then(|claims| member(claims, "claimsToAddOrOverride"));
    let bytes = added.map_or(0, |added| added.get().len());
    let mut changes: Vec<ClaimChange> = members(added)
        .into_iter()
        .filter_map(|(name, after)| {
            let before = attributes.and_then(|attributes| member(attributes, &name)).and_then(value);
            change(name.into_owned(), before, value(after))
        })
        .collect();
    if let Some(groups) = groups {
        let list = |list: &[String]| (!list.is_empty()).then(|| Value::from(list));
        let preferred = pool.preferred_role.clone().map(Value::from);
        let before = claims_of(list(&pool.groups), list(&pool.iam_roles), preferred);
        let kept = if is_id { 3 } else { 1 };
        for ((name, before), (_, after)) in before.into_iter().zip(groups.claims.clone()).take(kept) {
            changes.extend(change(name.to_owned(), before, after));
        }
    }
    Token { added_bytes: bytes.saturating_add(groups.map_or(0, |groups| groups.bytes)), changes }
}

fn change(claim: String, before: Option<Value>, after: Option<Value>) -> Option<ClaimChange> {
    let change = match (&before, &after) {
        (None, None) => return None,
        (None, Some(_)) => "add",
        (Some(_), None) => "remove",
        (Some(before), Some(after)) if before == after => "same",
        (Some(_), Some(_)) => "change",
    };
    Some(ClaimChange { change, claim, before, after })
}

/// The members of an object, in the order of their names; none of what is no object.
fn members(object: Option<&RawValue>) -> BTreeMap<Cow<'_, str>, &RawValue> {
    object.and_then(|object| serde_json::from_str(object.get()).ok()).unwrap_or_default()
}

/// A member that is there and not null.
fn member<'a>(object: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    members(Some(object)).remove(name).filter(|value| value.get() != "null")
}

fn texts(list: Option<&RawValue>) -> Vec<String> {
    list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
}

fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use cognito_trigger::event::EventVersion;
    use cognito_trigger::reply::{Claim, GroupChange, GroupOverride, TokenContents};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).unwrap()
    }

    fn lines(token: Option<&Token>) -> Vec<String> {
        let lines = token.unwrap().changes.iter().map(|change| format!("{} {}", change.change, change.claim));
        lines.collect()
    }

    #[test]
    fn claims_are_compared_with_the_attributes_and_groups_with_those_of_the_pool() {
        let event = raw(
            &json!({ "request": { "userAttributes": { "custom:tenantId": "globex", "email": "a@b.example" } } }),
        );
        let pool = PoolGroups {
            groups: vec!["old".to_owned()],
            iam_roles: vec!["arn:1".to_owned()],
            preferred_role: Some("arn:1".to_owned()),
            ..PoolGroups::default()
        };
        let reply = raw(&json!({ "response": { "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": { "claimsToAddOrOverride": { "tenant_id": "acme", "custom:tenantId": "acme" } },
            "accessTokenGeneration": { "claimsToAddOrOverride": { "tenant_id": "acme" } },
            "groupOverrideDetails": { "groupsToOverride": ["new"], "iamRolesToOverride": [] },
        } } }));

        let tokens = compare(&event, &pool, &reply);

        assert_eq!(
            lines(tokens.id.as_ref()),
            [
                "change custom:tenantId",
                "add tenant_id",
                "change cognito:groups",
                "remove cognito:roles",
                "remove cognito:preferred_role"
            ]
        );
        assert_eq!(lines(tokens.access.as_ref()), ["add tenant_id", "change cognito:groups"]);
    }

    #[test]
    fn version_1_changes_no_more_than_the_groups_of_the_access_token() {
        let event = raw(&json!({ "request": {} }));
        let reply = raw(&json!({ "response": { "claimsOverrideDetails": {
            "claimsToAddOrOverride": { "tenant_id": "acme" },
            "groupOverrideDetails": { "groupsToOverride": ["admins"], "iamRolesToOverride": [] },
        } } }));

        let tokens = compare(&event, &PoolGroups::default(), &reply);

        assert_eq!(lines(tokens.id.as_ref()), ["add tenant_id", "add cognito:groups"]);
        assert_eq!(lines(tokens.access.as_ref()), ["add cognito:groups"]);
    }

    #[test]
    fn what_stays_is_no_change() {
        let event = raw(&json!({ "request": { "userAttributes": { "custom:tenantId": "acme" } } }));
        let reply = raw(&json!({ "response": { "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": { "claimsToAddOrOverride": { "custom:tenantId": "acme" } },
        } } }));

        let tokens = compare(&event, &PoolGroups::default(), &reply);

        assert_eq!(lines(tokens.id.as_ref()), ["same custom:tenantId"]);
        assert_eq!(lines(tokens.access.as_ref()), Vec::<String>::new());
    }

    #[test]
    fn an_added_scope_is_a_change_of_the_access_token() {
        let event = raw(&json!({ "request": { "scopes": ["openid", "email"] } }));
        let reply = raw(&json!({ "response": { "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": { "claimsToAddOrOverride": {}, "scopesToAdd": ["tenancy/member"] },
        } } }));

        let token = compare(&event, &PoolGroups::default(), &reply).access.unwrap();

        let scope = ClaimChange {
            change: "change",
            claim: "scope".to_owned(),
            before: Some(json!("openid email")),
            after: Some(json!("openid email tenancy/member")),
        };
        assert_eq!(token.changes, [scope]);
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_that_the_function_counts(
            id in prop::collection::btree_map("[a-z]{1,9}", "\\PC{0,20}", 1..5),
            access in prop::collection::btree_map("[a-z]{1,9}", "\\PC{0,20}", 0..5),
            groups in prop::option::of(prop::collection::vec("[a-z]{1,9}", 0..4)),
            scopes in prop::collection::vec("[a-z]{1,9}/[a-z]{1,9}", 0..3),
            is_v2: bool,
        ) {
            let version = if is_v2 { EventVersion::V2 } else { EventVersion::V1 };
            let claims = |claims: BTreeMap<String, String>| {
                claims.into_iter().map(|(name, text)| (name, Claim::Text(text))).collect()
            };
            let groups = groups.map_or(GroupChange::Keep, |groups| {
                GroupChange::Replace(GroupOverride { groups_to_override: groups, ..GroupOverride::default() })
            });
            let contents = TokenContents { id: claims(id), access: claims(access), scopes, groups };
            let reply = format!("{{\"response\":{}}}", contents.response(version).json);
            let reply = RawValue::from_string(reply).unwrap();

            let tokens = compare(&raw(&json!({})), &PoolGroups::default(), &reply);

            let bytes = |token: Option<&Token>| token.map_or(0, |token| token.added_bytes);
            let larger = bytes(tokens.id.as_ref()).max(bytes(tokens.access.as_ref()));
            prop_assert_eq!(larger, contents.response(version).added_bytes);
        }
    }
}
