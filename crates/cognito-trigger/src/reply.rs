//! The reply of pre-token-generation. Groups are kept, replaced or emptied. The reply has an empty list only to empty them,
//! because Cognito removes all groups when `groupOverrideDetails` is present and empty.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::event::{EventVersion, PoolGroups};

/// The claims and groups of both tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenContents {
    pub id: Vec<(String, Claim)>,
    /// Claims of the access token. V1 cannot carry them.
    pub access: Vec<(String, Claim)>,
    /// Scopes that the access token gets in addition. V1 cannot add any.
    pub scopes: Vec<String>,
    /// Scopes that the access token loses. V1 cannot take any away.
    pub suppressed_scopes: Vec<String>,
    /// The change of the groups in both tokens.
    pub groups: GroupChange,
}

/// The value of a claim. Never null, which Cognito's list of types does not have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    Text(String),
    /// A JSON array; on V1, which has only texts, one text with blanks between the items.
    List(Vec<String>),
}

/// The change of a token's groups and IAM roles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum GroupChange {
    /// The pool's groups stay: the reply leaves `groupOverrideDetails` out.
    #[default]
    Keep,
    /// These replace them. Empty lists remove them.
    Replace(GroupOverride),
}

/// `groupOverrideDetails`, which replaces all groups and roles of the pool.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupOverride {
    /// `cognito:groups` of both tokens.
    pub groups_to_override: Vec<String>,
    /// `cognito:roles` of the ID token.
    pub iam_roles_to_override: Vec<String>,
    /// `cognito:preferred_role` of the ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_role: Option<String>,
}

impl GroupChange {
    /// The change from the pool's groups to `wanted`; [`GroupChange::Keep`] when they are equal.
    #[must_use]
    pub fn between(pool: &PoolGroups, wanted: GroupOverride) -> Self {
        let is_same = pool.groups == wanted.groups_to_override
            && pool.iam_roles == wanted.iam_roles_to_override
            && pool.preferred_role == wanted.preferred_role;
        if is_same { Self::Keep } else { Self::Replace(wanted) }
    }

    /// How many groups the reply sends.
    #[must_use]
    pub fn count(&self) -> usize {
        self.details().map_or(0, |details| details.groups_to_override.len())
    }

    fn details(&self) -> Option<&GroupOverride> {
        match self {
            Self::Keep => None,
            Self::Replace(details) => Some(details),
        }
    }
}

/// The `response` of a reply, and its size.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// As JSON.
    pub json: String,
    /// Bytes added to one token, as JSON: claims, groups and, in the access token, scopes; of the larger token.
    pub added_bytes: usize,
}

impl TokenContents {
    /// Builds the `response` in the shape of `version`. The claims keep their order.
    #[must_use]
    pub fn response(&self, version: EventVersion) -> Response {
        let id = raw(&Claims(&self.id, version));
        let groups = self.groups.details().map(raw);
        let group_bytes = groups.as_ref().map_or(0, |groups| groups.get().len());
        match version {
            EventVersion::V1 => {
                let details =
                    DetailsV1 { claims_to_add_or_override: &id, group_override_details: groups.as_deref() };
                Response {
                    json: json(&ResponseV1 { claims_override_details: details }),
                    added_bytes: id.get().len().saturating_add(group_bytes),
                }
            }
            EventVersion::V2 => {
                let access = raw(&Claims(&self.access, version));
                // `scope` is one text: each scope adds a blank and itself.
                let scope_bytes: usize = self.scopes.iter().map(|scope| scope.len().saturating_add(1)).sum();
                let details = DetailsV2 {
                    // A machine has no ID token, so its claims are left out.
                    id_token_generation: (!self.id.is_empty())
                        .then_some(IdToken { claims_to_add_or_override: &id, claims_to_suppress: [] }),
                    access_token_generation: AccessToken {
                        claims_to_add_or_override: &access,
                        claims_to_suppress: [],
                        scopes_to_add: &self.scopes,
                        scopes_to_suppress: &self.suppressed_scopes,
                    },
                    group_override_details: groups.as_deref(),
                };
                Response {
                    json: json(&ResponseV2 { claims_and_scope_override_details: details }),
                    added_bytes: id
                        .get()
                        .len()
                        .max(access.get().len().saturating_add(scope_bytes))
                        .saturating_add(group_bytes),
                }
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseV1<'a> {
    claims_override_details: DetailsV1<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DetailsV1<'a> {
    claims_to_add_or_override: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_override_details: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseV2<'a> {
    claims_and_scope_override_details: DetailsV2<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DetailsV2<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_generation: Option<IdToken<'a>>,
    access_token_generation: AccessToken<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_override_details: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdToken<'a> {
    claims_to_add_or_override: &'a RawValue,
    claims_to_suppress: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccessToken<'a> {
    claims_to_add_or_override: &'a RawValue,
    claims_to_suppress: [(); 0],
    scopes_to_add: &'a [String],
    scopes_to_suppress: &'a [String],
}

/// Serialises as a JSON object with the claims in their order.
struct Claims<'a>(&'a [(String, Claim)], EventVersion);

impl Serialize for Claims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut claims = serializer.serialize_map(Some(self.0.len()))?;
        for (name, claim) in self.0 {
            match (claim, self.1) {
                (Claim::Text(text), _) => claims.serialize_entry(name, text)?,
                (Claim::List(list), EventVersion::V1) => claims.serialize_entry(name, &list.join(" "))?,
                (Claim::List(list), EventVersion::V2) => claims.serialize_entry(name, list)?,
            }
        }
        claims.end()
    }
}

/// `value` has only maps with text keys, lists and texts, so serialising it cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{GroupChange, GroupOverride, PoolGroups};

    #[test]
    fn groups_stay_only_if_groups_roles_and_the_preferred_role_are_those_of_the_pool() {
        let texts = |text: &str| vec![text.to_owned()];
        let wanted = GroupOverride {
            groups_to_override: texts("admins"),
            iam_roles_to_override: texts("arn:a"),
            preferred_role: Some("arn:a".to_owned()),
        };
        let same = PoolGroups {
            is_known: true,
            groups: texts("admins"),
            iam_roles: texts("arn:a"),
            preferred_role: Some("arn:a".to_owned()),
        };
        let others = [
            PoolGroups { groups: texts("users"), ..same.clone() },
            PoolGroups { iam_roles: texts("arn:b"), ..same.clone() },
            PoolGroups { preferred_role: None, ..same.clone() },
        ];

        assert_eq!(GroupChange::between(&same, wanted.clone()), GroupChange::Keep);
        for other in others {
            assert_eq!(GroupChange::between(&other, wanted.clone()), GroupChange::Replace(wanted.clone()));
        }
    }
}
