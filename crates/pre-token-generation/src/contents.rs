//! From what was granted to what goes into the tokens.

use cognito_trigger::event::PoolGroups;
use cognito_trigger::reply::{Claim, GroupChange, GroupOverride, TokenContents};
use tenancy::Damage;
use tenancy::ports::StoreError;
use tenancy::sign_in::Grant;
use tenancy::sign_in::groups::{IamRoles, groups_of, iam_roles_of};

use crate::config::{ClaimSelection, Config, PoolGroupPolicy};

/// A user's tokens: the tenant and the roles in both, the stamp's attribute overridden in the ID token so that a stale or
/// forged one never shows, the groups of the roles. With it, how many IAM roles were left out because the allow-list does
/// not admit them.
///
/// # Errors
///
/// [`StoreError::Damaged`] when `GROUP_FORMAT` and the tenant's record make a text that no group may be called.
pub(crate) fn of_user(
    config: &Config,
    grant: &Grant,
    pool: &PoolGroups,
) -> Result<(TokenContents, usize), StoreError> {
    let groups = groups_of(&grant.tenant, &grant.roles, &config.group_formats).map_err(|error| {
        let key = format!("TENANT#{}", grant.tenant.id);
        StoreError::from(Damage {
            key,
            problem: format!("GROUP_FORMAT makes no group of it and a role: {error}"),
        })
    })?;
    let ours = groups.iter().map(|group| group.as_str().to_owned());
    let IamRoles { admitted: our_iam_roles, left_out } =
        iam_roles_of(&grant.tenant, &grant.roles, &config.iam_roles);
    let (groups_to_override, kept_roles) = match config.pool_groups {
        PoolGroupPolicy::Drop => (ours.collect(), None),
        PoolGroupPolicy::Keep => (without_duplicates(pool.groups.iter().cloned().chain(ours)), Some(pool)),
    };
    let wanted = match (our_iam_roles.first().cloned(), kept_roles) {
        (Some(first), _) => GroupOverride {
            groups_to_override,
            iam_roles_to_override: our_iam_roles,
            preferred_role: Some(first),
        },
        (None, Some(pool)) => GroupOverride {
            groups_to_override,
            iam_roles_to_override: pool.iam_roles.clone(),
            preferred_role: pool.preferred_role.clone(),
        },
        (None, None) => GroupOverride { groups_to_override, ..GroupOverride::default() },
    };
    let mut id = claims(config, config.id_claims, grant);
    id.push((config.shared.tenant_attribute.clone(), Claim::Text(grant.tenant.id.to_string())));
    let groups = match config.pool_groups {
        // Groups that the event does not tell may be any, and none of them may stay.
        PoolGroupPolicy::Drop if !pool.is_known => GroupChange::Replace(wanted),
        PoolGroupPolicy::Drop | PoolGroupPolicy::Keep => GroupChange::between(pool, wanted),
    };
    Ok((TokenContents { id, access: claims(config, config.access_claims, grant), groups }, left_out))
}

/// A machine's token: the tenant, in the access token, which is the only one that there is.
pub(crate) fn of_machine(config: &Config, grant: &Grant) -> TokenContents {
    let selection = ClaimSelection { roles: false, ..config.access_claims };
    TokenContents { access: claims(config, selection, grant), ..TokenContents::default() }
}

fn claims(config: &Config, selection: ClaimSelection, grant: &Grant) -> Vec<(String, Claim)> {
    let names = &config.names;
    let text = |name: &cognito_trigger::claims::ClaimName, text: &str| {
        (name.to_string(), Claim::Text(text.to_owned()))
    };
    let mut claims = vec![text(&names.id, grant.tenant.id.as_str())];
    if selection.name {
        claims.push(text(&names.name, grant.tenant.name.as_str()));
    }
    if selection.tier {
        claims.push(text(&names.tier, grant.tenant.tier.as_str()));
    }
    if selection.roles {
        let roles = grant.roles.iter().map(|role| role.as_str().to_owned()).collect();
        claims.push((names.roles.to_string(), Claim::List(roles)));
    }
    claims
}

fn without_duplicates(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}
