//! What was read of a user pool and of what stands around it: plain values, from which the rules judge.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, IdentityProviderType, LambdaConfigType, OAuthFlowType,
    PreTokenGenerationLambdaVersionType, UserPoolClientType, UserPoolType,
};
use serde_json::Value;
use tenancy::{ClientBindingMode, TenantStatus};
use tenancy_aws::table::TableState;

use crate::expected::{Expected, TENANT_ATTRIBUTE};
use crate::functions::{Function, POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use crate::unread::{Read, Unread};
use user_pool::function::{environment_error, setting};

/// The member of `ExplicitAuthFlows` that lets an app client call `GetClientToken`. SDK 1.144 does not know it.
const CLIENT_TOKEN_AUTH: &str = "ALLOW_CLIENT_TOKEN_AUTH";

/// The settings by which an app client gets tokens of its own: the OAuth flow of machines, or `GetClientToken`.
pub fn machine_flows(client: &UserPoolClientType) -> Vec<&'static str> {
    let has_oauth = client.allowed_o_auth_flows().contains(&OAuthFlowType::ClientCredentials);
    let has_token = client.explicit_auth_flows().iter().any(|flow| flow.as_str() == CLIENT_TOKEN_AUTH);
    let oauth = has_oauth.then_some("AllowedOAuthFlows has client_credentials");
    let token = has_token.then_some("ExplicitAuthFlows has ALLOW_CLIENT_TOKEN_AUTH");
    oauth.into_iter().chain(token).collect()
}

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What was asked for.
    pub expected: Expected,
    pub pool_id: String,
    pub pool: UserPoolType,
    /// Its description as it came, with what the SDK does not know.
    pub described: Value,
    /// Its app clients.
    pub clients: Read<Vec<Listed<UserPoolClientType>>>,
    /// Why the list of app clients ends before its end, if it does.
    pub unlisted_clients: Option<Unread>,
    /// App clients, by id, whose description shows no secret and whose secrets could not be listed.
    pub unread_secrets: BTreeMap<String, Unread>,
    pub providers: Read<Vec<Listed<IdentityProviderType>>>,
    /// Why the list of identity providers ends before its end, if it does.
    pub unlisted_providers: Option<Unread>,
    /// The pool in other Regions.
    pub replicas: Read<Vec<Replica>>,
    /// The functions of its triggers.
    pub functions: Vec<Function>,
    /// The scopes of the resource server that the marker scope names: none where there is no marker or no such server.
    pub marker_server: Read<Vec<String>>,
    /// The table; `None` when there is none of the name.
    pub table: Read<Option<TableState>>,
    /// What the table ties to tenants.
    pub bindings: Read<Bindings>,
}

/// Something of a list, and its description.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// Its id: of an app client; or the name of a provider.
    pub id: String,
    pub name: String,
    /// Its description.
    pub described: Read<T>,
}

/// The pool in another Region: one directory of users and one id, and triggers of its own.
#[derive(Clone, Debug)]
pub struct Replica {
    pub region: String,
    /// Whether users can sign in there.
    pub is_active: bool,
    pub triggers: Read<Option<LambdaConfigType>>,
}

/// An app client whose description was read.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub settings: &'a UserPoolClientType,
    /// Why its secrets could not be listed, if they were asked for.
    pub unread_secrets: Option<&'a Unread>,
}

/// An identity provider whose description was read.
#[derive(Clone, Copy, Debug)]
pub struct Provider<'a> {
    pub name: &'a str,
    pub settings: &'a IdentityProviderType,
}

/// What the table ties to tenants, of this pool.
#[derive(Clone, Debug)]
pub struct Bindings {
    pub tenants: Vec<KnownTenant>,
    /// App clients.
    pub clients: Vec<BoundClient>,
    /// Identity providers.
    pub providers: Vec<BoundProvider>,
    /// Whether a tenant has a member of the pool, or why that could not be read. Looked up only where nothing else tells
    /// that the product is installed.
    pub has_members: Read<bool>,
    /// Items that are not as published, each in words.
    pub damaged: Vec<String>,
}

/// A tenant of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownTenant {
    pub id: String,
    pub status: TenantStatus,
    /// The only pools in which it gets tokens; empty: any pool.
    pub pools: Vec<String>,
}

/// An app client that is bound to a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoundClient {
    /// Its id.
    pub client: String,
    pub tenant: String,
    /// What the binding does.
    pub mode: ClientBindingMode,
}

/// An identity provider that is bound to a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoundProvider {
    pub provider: String,
    pub tenant: String,
    /// Whether who signs in through it joins.
    pub joins: bool,
    /// Whether its e-mail addresses count as verified.
    pub is_email_trusted: bool,
}

impl Default for Bindings {
    fn default() -> Self {
        Self {
            tenants: Vec::new(),
            clients: Vec::new(),
            providers: Vec::new(),
            has_members: Ok(false),
            damaged: Vec::new(),
        }
    }
}

impl Snapshot {
    /// The pool's triggers, or none.
    pub fn triggers(&self) -> Option<&LambdaConfigType> {
        self.pool.lambda_config()
    }

    /// The ARN of post-confirmation.
    pub fn post_confirmation(&self) -> Option<&str> {
        self.triggers()?.post_confirmation().filter(|arn| !arn.is_empty())
    }

    /// The ARN of pre-token-generation, and the version of its event.
    pub fn pre_token_generation(&self) -> Option<(&str, PreTokenGenerationLambdaVersionType)> {
        pre_token_generation(self.triggers()?)
    }

    /// The app clients that could be described.
    pub fn described_clients(&self) -> impl Iterator<Item = Client<'_>> {
        self.clients.iter().flatten().filter_map(|listed| {
            let settings = listed.described.as_ref().ok()?;
            let unread_secrets = self.unread_secrets.get(&listed.id);
            Some(Client { id: &listed.id, name: &listed.name, settings, unread_secrets })
        })
    }

    /// The identity providers that could be described.
    pub fn described_providers(&self) -> impl Iterator<Item = Provider<'_>> {
        self.providers.iter().flatten().filter_map(|listed| {
            Some(Provider { name: &listed.id, settings: listed.described.as_ref().ok()? })
        })
    }

    /// The binding of an identity provider, if it is known.
    pub fn bound_provider(&self, name: &str) -> Option<&BoundProvider> {
        self.bindings.as_ref().ok()?.providers.iter().find(|bound| bound.provider == name)
    }

    /// The tenant that users of an app client must be members of, if that is known.
    pub fn required_tenant(&self, client: &str) -> Option<&str> {
        let bound = self.bindings.as_ref().ok()?.clients.iter().find(|bound| bound.client == client)?;
        (bound.mode == ClientBindingMode::Required).then_some(bound.tenant.as_str())
    }

    /// Whether the triggers are to be attached: it was said, one of them is attached, or the table has bindings or members
    /// of the pool. `None` when the functions or the table could not be read.
    pub fn is_installed(&self) -> Option<bool> {
        let expected = &self.expected;
        if expected.is_installed
            || expected.post_confirmation.is_some()
            || expected.pre_token_generation.is_some()
            || self.functions.iter().any(|function| function.is_own(expected))
            || self.in_table().is_some()
        {
            return Some(true);
        }
        self.hides_installation().is_none().then_some(false)
    }

    /// Why it cannot be told that the product is not installed, if so: a function or the table could not be read.
    pub fn hides_installation(&self) -> Option<String> {
        let hidden = self.functions.iter().find(|function| function.belongs(&self.expected).is_none());
        if let Some(function) = hidden {
            return Some(format!("the {} could not be read", function.subject()));
        }
        // Without a table nothing can be installed; one that was named and not read may have something of the pool.
        if self.expected.table.is_none() || self.table == Ok(None) {
            return None;
        }
        let (Err(reason) | Ok(Bindings { has_members: Err(reason), .. })) = &self.bindings else {
            return None;
        };
        Some(format!("the table could not be read: {reason}"))
    }

    /// What the table has of the pool, such as "bindings of this pool".
    pub fn in_table(&self) -> Option<&'static str> {
        let bindings = self.bindings.as_ref().ok()?;
        if !bindings.clients.is_empty() || !bindings.providers.is_empty() {
            return Some("bindings of this pool");
        }
        (bindings.has_members == Ok(true)).then_some("members of this pool")
    }

    /// The tenant attribute by the settings of the deployed functions: that of pre-token-generation, or of
    /// post-confirmation where the other could not be read. `None` when neither could.
    pub fn deployed_attribute(&self) -> Option<&str> {
        let of = |trigger: &str| {
            let function = self.functions.iter().find(|function| function.trigger == trigger)?;
            let settings = function.configuration.as_ref().ok()?;
            let is_read = function.is_own(&self.expected) && environment_error(settings).is_none();
            is_read.then(|| setting(settings, "TENANT_ATTRIBUTE").unwrap_or(TENANT_ATTRIBUTE))
        };
        of(PRE_TOKEN_GENERATION).or_else(|| of(POST_CONFIRMATION))
    }

    /// `POOL_TENANT`: the tenant that the pool belongs to.
    pub fn pool_tenant(&self) -> Option<&str> {
        pool_tenant(&self.functions, &self.expected)
    }

    /// `MARKER_SCOPE` of pre-token-generation, as it is set.
    pub fn marker_scope(&self) -> Result<Option<&str>, String> {
        marker_scope(&self.functions, &self.expected)
    }

    /// Whether every app client was seen.
    pub fn sees_all_clients(&self) -> Result<(), String> {
        let clients = self.clients.as_ref().map_err(ToString::to_string)?;
        let is_partly_seen = clients.iter().any(|client| client.described.is_err());
        match &self.unlisted_clients {
            Some(unread) => Err(unread.to_string()),
            None if is_partly_seen => Err("not all app clients could be described".to_owned()),
            None => Ok(()),
        }
    }

    /// Attributes of the schema that look as if rights hang on them, other than those that were named.
    pub fn suspects(&self) -> impl Iterator<Item = &str> {
        let expected = &self.expected;
        self.pool
            .schema_attributes()
            .iter()
            .filter_map(|attribute| attribute.name())
            .filter(move |name| {
                *name != expected.tenant_attribute && !expected.protected.iter().any(|known| known == name)
            })
            .filter(|name| is_suspect(name))
    }
}

/// `MARKER_SCOPE` of pre-token-generation among the functions.
pub fn marker_scope<'a>(functions: &'a [Function], expected: &Expected) -> Result<Option<&'a str>, String> {
    let mut own = functions.iter().filter(|function| function.trigger == PRE_TOKEN_GENERATION);
    let own = own.find(|function| function.belongs(expected) != Some(false));
    let Some(function) = own else {
        return Err("no pre-token-generation of this product is attached".to_owned());
    };
    let Some(settings) = function.settings()? else {
        return Err("pre-token-generation is not there".to_owned());
    };
    match environment_error(settings) {
        Some(said) => {
            Err(format!("the environment variables of pre-token-generation could not be read: {said}"))
        }
        None => Ok(setting(settings, "MARKER_SCOPE")),
    }
}

/// `POOL_TENANT` of one of the functions. That of both is the same, or a finding of its own.
pub fn pool_tenant<'a>(functions: &'a [Function], expected: &Expected) -> Option<&'a str> {
    let of = |trigger: &str| {
        let mut own = functions.iter().filter(|function| function.trigger == trigger);
        let settings = own.find(|function| function.is_own(expected))?.configuration.as_ref().ok()?;
        setting(settings, "POOL_TENANT").filter(|_| environment_error(settings).is_none())
    };
    of(PRE_TOKEN_GENERATION).or_else(|| of(POST_CONFIRMATION))
}

/// The ARN of pre-token-generation among triggers, and the version of its event.
pub fn pre_token_generation(
    triggers: &LambdaConfigType,
) -> Option<(&str, PreTokenGenerationLambdaVersionType)> {
    let current = triggers.pre_token_generation_config().filter(|config| !config.lambda_arn().is_empty());
    if let Some(config) = current {
        return Some((config.lambda_arn(), config.lambda_version().clone()));
    }
    // Without a version Cognito sends that of the first (developer guide, "Pre token generation Lambda trigger").
    let legacy = triggers.pre_token_generation().filter(|arn| !arn.is_empty())?;
    Some((legacy, PreTokenGenerationLambdaVersionType::V10))
}

/// Whether a custom attribute's name has a word that sounds as if rights hang on it.
pub fn is_suspect(name: &str) -> bool {
    name.strip_prefix("custom:").is_some_and(|name| words(name).iter().any(|word| is_of_rights(word)))
}

/// Whether rights may hang on what a word stands for, in small letters.
fn is_of_rights(word: &str) -> bool {
    const WORDS: [&str; 35] = [
        "access",
        "account",
        "admin",
        "administrator",
        "authorities",
        "authority",
        "claim",
        "clearance",
        "company",
        "companies",
        "customer",
        "employee",
        "entitlement",
        "feature",
        "grant",
        "group",
        "level",
        "license",
        "licence",
        "manager",
        "org",
        "organisation",
        "organization",
        "owner",
        "permission",
        "plan",
        "privilege",
        "role",
        "scope",
        "staff",
        "subscription",
        "superuser",
        "team",
        "tenant",
        "workspace",
    ];
    let is_known = |word: &str| {
        word == "tier"
            || WORDS.contains(&word)
            || word.strip_suffix('s').is_some_and(|one| one == "tier" || WORDS.contains(&one))
    };
    // Names that are run together, such as `tenantid` and `isadmin`.
    let ends = ["", "id", "ids", "name", "key", "ref", "code", "type"];
    let begins = ["", "is", "has", "user"];
    begins
        .into_iter()
        .filter_map(|begin| word.strip_prefix(begin))
        .any(|rest| ends.into_iter().filter_map(|end| rest.strip_suffix(end)).any(is_known))
}

/// The words of a name, in small letters: parted by what is no letter, and where a capital follows a small letter or
/// begins the last word of several capitals.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase())
                || (before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase())));
        if begins || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

impl Client<'_> {
    /// As it is named in findings.
    pub fn subject(&self) -> String {
        if self.name.is_empty() || self.name == self.id {
            format!("app client {}", self.id)
        } else {
            format!("app client {} ({})", self.name, self.id)
        }
    }

    /// The attributes that it may write, when it has a list of its own. An empty list counts as none: Cognito shows a
    /// list only when one was given (API reference, `UserPoolClientType`).
    pub fn writes(&self) -> Option<&[String]> {
        self.settings.write_attributes.as_deref().filter(|list| !list.is_empty())
    }

    /// Whether it may write `attribute`, by its own list or, without one, by the default for standard attributes.
    pub fn can_write_standard(&self, attribute: &str) -> bool {
        self.writes().is_none_or(|list| list.iter().any(|name| name == attribute))
    }

    pub fn has_flow(&self, flow: &OAuthFlowType) -> bool {
        self.settings.allowed_o_auth_flows().contains(flow)
    }

    /// The settings by which it gives tokens to machines, such as `AllowedOAuthFlows has client_credentials`.
    pub fn machine_flows(&self) -> Vec<&'static str> {
        machine_flows(self.settings)
    }

    /// Whether it gives tokens to machines.
    pub fn is_machine(&self) -> bool {
        !self.machine_flows().is_empty()
    }

    /// Whether it gives tokens to machines and to nobody else. Cognito gives machines tokens only for a secret, so a
    /// secret that could not be looked for counts as there.
    pub fn is_machine_only(&self) -> bool {
        let flows = self.settings.allowed_o_auth_flows();
        self.is_machine()
            && flows.iter().all(|flow| *flow == OAuthFlowType::ClientCredentials)
            && self.has_secret() != Ok(false)
            // None at all means refresh tokens, SRP and custom challenges (API reference, `UserPoolClientType`).
            && !self.settings.explicit_auth_flows().is_empty()
            && self.user_flows().next().is_none()
    }

    /// The members of `ExplicitAuthFlows` by which users sign in.
    pub fn user_flows(&self) -> impl Iterator<Item = &str> {
        let flows = self.settings.explicit_auth_flows().iter().map(ExplicitAuthFlowsType::as_str);
        flows.filter(|flow| !["ALLOW_REFRESH_TOKEN_AUTH", CLIENT_TOKEN_AUTH].contains(flow))
    }

    pub fn has_secret(&self) -> Result<bool, &Unread> {
        if self.settings.client_secret().is_some_and(|secret| !secret.is_empty()) {
            return Ok(true);
        }
        self.unread_secrets.map_or(Ok(false), Err)
    }
}

impl Provider<'_> {
    /// As it is named in findings.
    pub fn subject(&self) -> String {
        let kind = self.settings.provider_type().map_or("", |kind| kind.as_str());
        if kind.is_empty() || kind == self.name {
            format!("identity provider {}", self.name)
        } else {
            format!("identity provider {} ({kind})", self.name)
        }
    }

    /// What of the provider is written to `attribute` of the user, if anything is.
    pub fn maps_to(&self, attribute: &str) -> Option<&str> {
        self.settings.attribute_mapping()?.get(attribute).map(String::as_str)
    }

    /// A detail, such as `oidc_issuer`.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.settings.provider_details()?.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::is_suspect;

    #[test]
    fn an_attribute_sounds_like_a_right_by_whole_words() {
        let suspects = [
            "tenant",
            "tenantId",
            "tenantid",
            "tenant_id",
            "TENANT-ID",
            "tenantIDs",
            "orgId",
            "org",
            "isAdmin",
            "isadmin",
            "role",
            "roles",
            "userRole",
            "userrole",
            "role2",
            "company_id",
            "accountId",
            "customer",
            "workspace",
            "isStaff",
            "scopes",
            "account_level",
            "plan",
            "pricingTier",
            "XOrgName",
        ];
        let others = [
            "explanation",
            "frontier",
            "planet",
            "organic",
            "shoeSize",
            "rolex",
            "grouper",
            "locale",
            "organ",
            "accounting",
            "planned",
        ];

        for name in suspects {
            assert!(is_suspect(&format!("custom:{name}")), "{name}");
            assert!(!is_suspect(&format!("dev:{name}")) && !is_suspect(name), "{name}");
        }
        for name in others {
            assert!(!is_suspect(&format!("custom:{name}")), "{name}");
        }
    }
}
