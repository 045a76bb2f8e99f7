//! What pre-token-generation answers. Groups are kept, replaced or emptied: three different things, and a list is empty
//! only when that is meant, because to Cognito a `groupOverrideDetails` that is there and empty takes all groups away.

use std::collections::HashMap;

use aws_lambda_events::event::cognito::{CognitoAccessTokenGenerationV2, CognitoIdTokenGenerationV2};
use serde::Serialize;
use serde_json::Value;

use crate::event::{EventVersion, PoolGroups};

/// What goes into the tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenContents {
    /// Claims of the ID token.
    pub id: Vec<(String, Claim)>,
    /// Claims of the access token; V1 cannot carry them.
    pub access: Vec<(String, Claim)>,
    /// What becomes of the groups, of both tokens.
    pub groups: GroupChange,
}

/// The value of a claim. Never null.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// A text.
    Text(String),
    /// A list of texts; on V1, which knows only texts, with blanks between them.
    List(Vec<String>),
}

/// What becomes of a token's groups and IAM roles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum GroupChange {
    /// They stay as the pool has them: the key is left out.
    #[default]
    Keep,
    /// They become these. Empty lists are meant.
    Replace(GroupOverride),
}

/// The block `groupOverrideDetails`, which replaces everything that the pool has. The struct of `aws_lambda_events` would
/// send `preferredRole: null`.
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
    /// The change that turns what the pool has into `wanted`; none when it is that already.
    #[must_use]
    pub fn between(pool: &PoolGroups, wanted: GroupOverride) -> Self {
        let is_same = pool.groups == wanted.groups_to_override
            && pool.iam_roles == wanted.iam_roles_to_override
            && pool.preferred_role == wanted.preferred_role;
        if is_same { Self::Keep } else { Self::Replace(wanted) }
    }

    /// How many groups are sent.
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

impl TokenContents {
    /// The bytes that are added to one token, as JSON: its claims and its groups; of the two tokens the larger.
    #[must_use]
    pub fn added_bytes(&self, version: EventVersion) -> usize {
        let groups = self.groups.details().map_or(0, |details| json(details).len());
        let claims = |claims: &[(String, Claim)]| json(&values(claims, version)).len();
        let access = match version {
            EventVersion::V1 => 0,
            EventVersion::V2 => claims(&self.access),
        };
        claims(&self.id).max(access).saturating_add(groups)
    }

    /// The `response` of the reply, as JSON.
    #[must_use]
    pub fn response(&self, version: EventVersion) -> String {
        let group_override_details = self.groups.details();
        match version {
            EventVersion::V1 => json(&ResponseV1 {
                claims_override_details: DetailsV1 {
                    claims_to_add_or_override: values(&self.id, version),
                    group_override_details,
                },
            }),
            EventVersion::V2 => {
                // A machine has no ID token, and claims for it mean nothing.
                let id_token_generation = (!self.id.is_empty()).then(|| {
                    let mut id = CognitoIdTokenGenerationV2::default();
                    id.claims_to_add_or_override = values(&self.id, version);
                    id
                });
                let mut access = CognitoAccessTokenGenerationV2::default();
                access.claims_to_add_or_override = values(&self.access, version);
                json(&ResponseV2 {
                    claims_and_scope_override_details: DetailsV2 {
                        id_token_generation,
                        access_token_generation: access,
                        group_override_details,
                    },
                })
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
    claims_to_add_or_override: HashMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_override_details: Option<&'a GroupOverride>,
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
    id_token_generation: Option<CognitoIdTokenGenerationV2>,
    access_token_generation: CognitoAccessTokenGenerationV2,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_override_details: Option<&'a GroupOverride>,
}

fn values(claims: &[(String, Claim)], version: EventVersion) -> HashMap<String, Value> {
    let value = |claim: &Claim| match (claim, version) {
        (Claim::Text(text), _) => Value::from(text.as_str()),
        (Claim::List(list), EventVersion::V1) => Value::from(list.join(" ")),
        (Claim::List(list), EventVersion::V2) => Value::from(list.as_slice()),
    };
    claims.iter().map(|(name, claim)| (name.clone(), value(claim))).collect()
}

/// Maps with text keys, lists and texts: writing them cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
