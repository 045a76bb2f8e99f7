//! What could never be issued is not stored: tokens that are too large, groups that Cognito keeps for itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use function::{Settings, with_causes};
use pre_token_generation::Config;
use pre_token_generation::size::TokenSize;
use tenancy::{Group, Role, Tenant};
use tenancy_aws::operator::TenantRecord;

use crate::context::Context;
use crate::failure::Failure;
use crate::token_estimate::TokenEstimate;

/// Settings of the deployed functions that bear on what can be issued.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FunctionSettings {
    /// A setting of pre-token-generation that is not its default, such as CLAIM_BYTES_MAX=8192; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
}

fn setting(raw: &str) -> Result<(String, String), String> {
    match raw.split_once('=') {
        Some((name, value)) if names().contains(name) => Ok((name.to_owned(), value.to_owned())),
        Some((name, _)) => {
            let known = names().into_iter().collect::<Vec<_>>().join(", ");
            Err(format!("the function has no setting {name}; there are {known}"))
        }
        None => Err("a setting is written NAME=VALUE".to_owned()),
    }
}

/// The settings of pre-token-generation.
fn names() -> BTreeSet<String> {
    setting_names(|settings| {
        let _ = Config::read(settings);
    })
}

/// The settings that `read` asks for: the functions' own readers are the list of their settings.
pub(crate) fn setting_names(read: impl Fn(&mut Settings<'_>)) -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let lookup = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    read(&mut Settings::new(&lookup));
    asked.into_inner()
}

impl FunctionSettings {
    /// The function's configuration.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let settings: BTreeMap<&str, &str> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let lookup = |name: &str| settings.get(name).map(|value| (*value).to_owned());
        let mut settings = Settings::new(&lookup);
        let config = Config::read(&mut settings);
        settings.finish(config).map_err(|error| Failure::usage(error.to_string()))
    }

    /// Refuses `roles` in `tenant` if no token could carry them; else says how large tokens become.
    ///
    /// [`Failure`], refused by the rule `not-issuable`.
    pub(crate) fn check_member(&self, tenant: &Tenant, roles: &[Role]) -> Result<TokenEstimate, Failure> {
        let config = self.config()?;
        let size =
            TokenSize::of(&config, tenant, roles).map_err(|error| not_issuable(&with_causes(&error)))?;
        match size.refusal(&config) {
            Some(why) => Err(not_issuable(&why)),
            None => Ok(size.into()),
        }
    }

    /// How large the tokens of a member of `tenant` with `roles` become, whether they are issued or not; `None` when a group
    /// has no name that it may have.
    pub(crate) fn estimate(&self, tenant: &Tenant, roles: &[Role]) -> Option<TokenEstimate> {
        TokenSize::of(&self.config().ok()?, tenant, roles).ok().map(TokenEstimate::from)
    }

    /// Refuses a tenant if no member with any one of its roles could get a token, or a group has a name that Cognito keeps
    /// for itself. With all its roles at once a member may be too large: the roles given are what counts, and are checked
    /// when they are given.
    ///
    /// [`Failure`], refused by the rules `not-issuable` and `group-reserved`.
    pub(crate) fn check_tenant(&self, tenant: &Tenant) -> Result<(), Failure> {
        self.check_member(tenant, &[])?;
        for (role, grant) in &tenant.roles {
            for group in &grant.groups {
                check_group(group)?;
            }
            self.check_member(tenant, std::slice::from_ref(role)).map_err(|failure| {
                failure.hint(format!("The cause is the role `{role}`. Give it fewer or shorter groups."))
            })?;
        }
        Ok(())
    }
}

/// Refuses names that Cognito gives to groups of its own: those of an identity provider's users are called
/// `<user pool id>_<provider>` (developer guide, "Adding groups to a user pool"), and claims of its own begin with
/// `cognito:`.
fn check_group(group: &Group) -> Result<(), Failure> {
    let name = group.as_str();
    let is_of_provider = name.split_once('_').is_some_and(|(region, rest)| {
        let mut parts = region.split('-');
        let begins =
            parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase()));
        let ends = region
            .rsplit('-')
            .next()
            .is_some_and(|part| part.len() == 1 && part.bytes().all(|b| b.is_ascii_digit()));
        let id = rest.split('_').next().unwrap_or_default();
        begins && ends && region.contains('-') && id.len() >= 9 && rest.contains('_')
    });
    let reserved =
        ["cognito:", "aws:", "dev:"].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
    if is_of_provider || reserved {
        return Err(Failure::refused(
            "group-reserved",
            format!("the group name `{name}` is reserved by Cognito"),
        )
        .hint("Choose another name. Cognito uses <user pool id>_<provider> for the users of an identity provider."));
    }
    Ok(())
}

/// Says so when the tenant lists roles, and a given one is not among them: mostly a slip of the finger.
pub(crate) fn note_unlisted_roles(tenant: &TenantRecord, roles: &[Role], context: &Context) {
    let listed = &tenant.tenant.roles;
    if listed.is_empty() {
        return;
    }
    for role in roles.iter().filter(|role| !listed.contains_key(role)) {
        context.note(&format!(
            "tenant `{}` does not list the role `{role}`; its groups will follow GROUP_FORMAT",
            tenant.tenant.id
        ));
    }
}

fn not_issuable(why: &str) -> Failure {
    Failure::refused("not-issuable", format!("no token could be issued with this change: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cognito_gives_to_groups_are_refused() {
        let rows = [
            ("acme-admins", true),
            ("eu-west-1_AbCdEf123_Google", false),
            ("us-gov-west-1_AbCdEf123_Okta", false),
            ("eu-west-1_team", true),
            ("cognito:admins", false),
            ("Cognito:admins", false),
            ("aws:x", false),
            ("team_a_b", true),
        ];

        for (name, is_allowed) in rows {
            assert_eq!(check_group(&name.parse().unwrap()).is_ok(), is_allowed, "{name}");
        }
    }
}
