//! Groups of a pool, and what they mean for a token.

use serde::{Deserialize, Serialize};

use super::{group_configuration::GroupConfiguration, unknowns};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Lower is stronger; `None` is weakest.
    pub(crate) precedence: Option<u32>,
    pub(crate) role_arn: Option<String>,
    pub(crate) created: u64,
}

/// What membership of `groups` gives (developer guide, "Adding groups to a user pool"): all role ARNs,
/// and as preferred role that of the strongest group, unless equally strong groups disagree.
pub(crate) fn configuration_of(mut groups: Vec<&Group>) -> GroupConfiguration {
    groups.sort_by_key(|group| unknowns::group_rank(group.precedence, &group.name));
    let strongest = groups.first().map(|group| group.precedence);
    let mut roles = Vec::new();
    let mut preferred = Vec::new();
    for group in &groups {
        let Some(role) = &group.role_arn else { continue };
        if !roles.contains(role) {
            roles.push(role.clone());
        }
        if Some(group.precedence) == strongest && !preferred.contains(role) {
            preferred.push(role.clone());
        }
    }
    GroupConfiguration {
        groups_to_override: groups.iter().map(|group| group.name.clone()).collect(),
        iam_roles_to_override: roles,
        preferred_role: if preferred.len() == 1 { preferred.pop() } else { None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, precedence: Option<u32>, role: Option<&str>) -> Group {
        Group {
            name: name.to_owned(),
            description: None,
            precedence,
            role_arn: role.map(str::to_owned),
            created: 0,
        }
    }

    #[test]
    fn the_strongest_group_gives_the_preferred_role_unless_equals_disagree() {
        let (a, b, c) = (
            group("a", Some(5), Some("arn:a")),
            group("b", Some(1), Some("arn:b")),
            group("c", None, Some("arn:c")),
        );
        let also_first = group("d", Some(1), Some("arn:d"));

        let configuration = configuration_of(vec![&a, &b, &c]);
        let tied = configuration_of(vec![&b, &also_first]);

        assert_eq!(configuration.groups_to_override, ["b", "a", "c"]);
        assert_eq!(configuration.iam_roles_to_override, ["arn:b", "arn:a", "arn:c"]);
        assert_eq!(configuration.preferred_role.as_deref(), Some("arn:b"));
        assert_eq!(tied.preferred_role, None);
    }
}
