//! What groups say in events, replies and tokens.

use serde::{Deserialize, Serialize};

/// `groupConfiguration` of an event, `groupOverrideDetails` of a reply, and the group claims of a token.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupConfiguration {
    pub(crate) groups_to_override: Vec<String>,
    pub(crate) iam_roles_to_override: Vec<String>,
    pub(crate) preferred_role: Option<String>,
}
