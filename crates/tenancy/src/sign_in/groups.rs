//! The groups and IAM roles in a token, from the roles of a membership.

use crate::role::Group;
use crate::{IamRoleArn, InvalidText, Role, Tenant};

/// Setting `GROUP_FORMAT`: group names for a role for which the tenant lists no groups. One or more forms, comma-separated.
/// `{role}`, `{tenant_id}` and `{tier}` are replaced; all other text is literal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupFormats(Vec<Vec<Piece>>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Role,
    TenantId,
    Tier,
}

impl Default for GroupFormats {
    /// `{role}`.
    fn default() -> Self {
        Self(vec![vec![Piece::Role]])
    }
}

impl std::str::FromStr for GroupFormats {
    type Err = InvalidText;

    /// # Errors
    ///
    /// [`InvalidText`] when a form is empty, or has an unknown or open placeholder or a character that a group cannot have.
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        raw.split(',').map(|form| parse_form(form.trim())).collect::<Result<_, _>>().map(Self)
    }
}

/// The groups of `roles` in `tenant`: for each role the groups that the tenant lists, or else those of `formats`. In the order
/// of the roles, then of the tenant's list, without duplicates.
///
/// # Errors
///
/// [`InvalidText`] when a form gives an invalid group name, for example because the tier has a blank.
pub fn groups_of(tenant: &Tenant, roles: &[Role], formats: &GroupFormats) -> Result<Vec<Group>, InvalidText> {
    let mut groups: Vec<Group> = Vec::new();
    for role in roles {
        let listed = tenant.roles.get(role).map(|grant| grant.groups.as_slice()).filter(|l| !l.is_empty());
        let of_role = match listed {
            Some(listed) => listed.to_vec(),
            None => formats.0.iter().map(|form| fill_in(form, tenant, role)).collect::<Result<_, _>>()?,
        };
        for group in of_role {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    Ok(groups)
}

/// Setting `IAM_ROLE_ALLOWLIST`: the IAM roles that may be in a token. Comma-separated patterns, in which `*` stands for any
/// text. The default allows none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IamRoleAllowList(Vec<String>);

impl IamRoleAllowList {
    /// Whether `arn` is the ARN of an IAM role and matches a pattern.
    #[must_use]
    pub fn admits(&self, arn: &str) -> bool {
        arn.parse::<IamRoleArn>().is_ok() && self.0.iter().any(|pattern| matches(pattern, arn))
    }
}

impl std::str::FromStr for IamRoleAllowList {
    type Err = InvalidText;

    /// # Errors
    ///
    /// [`InvalidText`] when a pattern does not begin with `arn:`.
    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let patterns: Vec<String> = raw.split(',').map(|pattern| pattern.trim().to_owned()).collect();
        if patterns.iter().all(|pattern| pattern.starts_with("arn:")) {
            Ok(Self(patterns))
        } else {
            Err(InvalidText {
                what: "list of IAM role patterns",
                rule: "comma-separated, each beginning with arn:",
            })
        }
    }
}

/// The IAM roles for the roles of a membership, in their order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IamRoles {
    /// The ARNs that may go into a token, without duplicates.
    pub admitted: Vec<String>,
    /// How many of the tenant's IAM roles the allow-list does not allow.
    pub left_out: usize,
}

/// The IAM roles that `tenant` lists for `roles`.
#[must_use]
pub fn iam_roles_of(tenant: &Tenant, roles: &[Role], allowed: &IamRoleAllowList) -> IamRoles {
    let mut found = IamRoles::default();
    for arn in roles.iter().filter_map(|role| tenant.roles.get(role)?.iam_role.as_ref()) {
        if !allowed.admits(arn) {
            found.left_out = found.left_out.saturating_add(1);
        } else if !found.admitted.contains(arn) {
            found.admitted.push(arn.clone());
        }
    }
    found
}

const INVALID_FORM: InvalidText = InvalidText {
    what: "group format",
    rule: "one or more comma-separated forms of {role}, {tenant_id}, {tier} and A-Z a-z 0-9 : _ . -",
};

fn parse_form(form: &str) -> Result<Vec<Piece>, InvalidText> {
    let mut pieces = Vec::new();
    let mut rest = form;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or(INVALID_FORM)?;
            pieces.push(match name {
                "role" => Piece::Role,
                "tenant_id" => Piece::TenantId,
                "tier" => Piece::Tier,
                _ => return Err(INVALID_FORM),
            });
            rest = after;
        } else {
            let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            // Literal text must consist of characters that a group may have; `Group` checks that.
            let text: Group = text.parse().map_err(|_| INVALID_FORM)?;
            pieces.push(Piece::Text(text.as_str().to_owned()));
            rest = after;
        }
    }
    if pieces.is_empty() { Err(INVALID_FORM) } else { Ok(pieces) }
}

fn fill_in(form: &[Piece], tenant: &Tenant, role: &Role) -> Result<Group, InvalidText> {
    let filled: String = form
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Role => role.as_str(),
            Piece::TenantId => tenant.id.as_str(),
            Piece::Tier => tenant.tier.as_str(),
        })
        .collect();
    filled.parse()
}

/// Whether `text` matches `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}
