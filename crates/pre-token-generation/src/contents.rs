//! Builds the contents of tokens from what was granted.

use cognito_trigger::event::TokenRequest;
use cognito_trigger::reply::{Claim, GroupChange, GroupOverride, TokenContents};
use tenancy::Damage;
use tenancy::ports::StoreError;
use tenancy::sign_in::Grant;
use tenancy::sign_in::groups::{IamRoles, groups_of, iam_roles_of};

use crate::config::{ClaimSelection, Config, PoolGroupPolicy};

/// A user's tokens. Both carry the tenant and the roles. The ID token overrides the stamp's attribute, so that a stale or
/// forged value never shows. The number is how many IAM roles the allow-list does not allow.
///
/// # Errors
///
/// [`StoreError::Damaged`] when `GROUP_FORMAT` and the tenant's record give an invalid group name.
pub(crate) fn of_user(
    config: &Config,
    grant: &Grant,
    request: &TokenRequest,
) -> Result<(TokenContents, usize), StoreError> {
    let groups = groups_of(&grant.tenant, &grant.roles, &config.group_formats).map_err(|error| {
        let problem = format!("GROUP_FORMAT gives an invalid group name: {error}");
        StoreError::from(Damage::of_tenant(&grant.tenant.id, &problem))
    })?;
    let pool = &request.pool_groups;
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
        // The event does not list the pool's groups, so any that the user has must be removed.
        PoolGroupPolicy::Drop if !pool.is_known => GroupChange::Replace(wanted),
        PoolGroupPolicy::Drop | PoolGroupPolicy::Keep => GroupChange::between(pool, wanted),
    };
    let access = claims(config, config.access_claims, grant);
    let scopes = marker(config, request);
    Ok((TokenContents { id, access, scopes, groups, ..TokenContents::default() }, left_out))
}

/// A machine's token: the tenant in the access token. A machine has no ID token.
pub(crate) fn of_machine(config: &Config, grant: &Grant, request: &TokenRequest) -> TokenContents {
    let selection = ClaimSelection { roles: false, ..config.access_claims };
    let access = claims(config, selection, grant);
    TokenContents { access, scopes: marker(config, request), ..TokenContents::default() }
}

/// The marker scope, unless the token has it already: a refresh may bring it.
fn marker(config: &Config, request: &TokenRequest) -> Vec<String> {
    let marker = config.marker_scope.iter().filter(|marker| !marker.is_among(&request.scopes));
    marker.map(ToString::to_string).collect()
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
