use std::time::Duration;

use cognito_trigger::TriggerSettings;
use cognito_trigger::claims::ClaimName;
use cognito_trigger::marker::MarkerScope;
use function::{InvalidSettings, Settings};
use tenancy::sign_in::groups::{GroupFormats, IamRoleAllowList};
use tenancy_aws::{AwsSettings, CacheSettings};

/// What happens when a call fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// The user gets an error and no token.
    Enforce,
    /// The event goes back, and the token carries no tenant: for the roll-out on a live pool. Logged and counted.
    Observe,
}

/// What happens when a machine's app client is bound to no tenant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnboundMachine {
    /// The event goes back: the token carries no tenant.
    Bare,
    /// The call fails with `WRONG_TENANT`.
    Refuse,
}

/// What happens to the user's groups in the pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PoolGroupPolicy {
    /// The tenant's groups replace them.
    Drop,
    /// The pool's groups come first, then the tenant's.
    Keep,
}

/// The claims of a token, besides the tenant's id, which is always there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClaimSelection {
    pub name: bool,
    pub tier: bool,
    pub roles: bool,
}

#[derive(Clone, Debug)]
pub struct ClaimNames {
    /// `CLAIM_TENANT_ID`. Default: `tenant_id`.
    pub id: ClaimName,
    /// `CLAIM_TENANT_NAME`. Default: `tenant_name`.
    pub name: ClaimName,
    /// `CLAIM_TENANT_TIER`. Default: `tenant_tier`.
    pub tier: ClaimName,
    /// `CLAIM_TENANT_ROLES`. Default: `tenant_roles`.
    pub roles: ClaimName,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub shared: TriggerSettings,
    /// `MODE`: `enforce` (default) or `observe`.
    pub mode: Mode,
    /// `UNBOUND_MACHINE`: `bare` (default) or `refuse`.
    pub unbound_machine: UnboundMachine,
    pub names: ClaimNames,
    /// `CLAIMS_ID`: claims of the ID token, from `id,name,tier,roles`. Default: all.
    pub id_claims: ClaimSelection,
    /// `CLAIMS_ACCESS`: the same for the access token.
    pub access_claims: ClaimSelection,
    /// `MARKER_SCOPE`: the scope that every access token with a tenant gets, and no other token. Default: none.
    pub marker_scope: Option<MarkerScope>,
    /// `GROUP_FORMAT`: groups of a role for which the tenant lists none. Default: `{role}`.
    pub group_formats: GroupFormats,
    /// `POOL_GROUPS`: `drop` (default) or `keep`.
    pub pool_groups: PoolGroupPolicy,
    /// `IAM_ROLE_ALLOWLIST`: IAM roles that may be in a token. Default: none.
    pub iam_roles: IamRoleAllowList,
    /// `CLAIM_BYTES_MAX`: limit for the claims, groups and marker added to one token, in bytes of JSON: 64 to 65536. Default: 4096.
    pub claim_bytes_max: usize,
    /// `TENANT_CACHE_SECONDS`: how long tenants and bindings are cached, 0 (never) to 3600. Default: 30.
    /// `TENANT_STALE_SECONDS`: how much longer an active tenant is used while the table cannot be read, 0 to 86400. Default:
    /// 600.
    pub cache: CacheSettings,
}

impl Config {
    /// Reads all settings of the function: the trigger's, `TENANCY_TABLE`, and those of the SDK.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn of_function(
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, String, AwsSettings), InvalidSettings> {
        let mut settings = Settings::new(lookup);
        let table = settings.table();
        let config = Self::read(&mut settings);
        settings.finish_with(AwsSettings::read(lookup)).map(|aws| (config, table, aws))
    }

    /// Notes faults in `settings` and uses the default in their place.
    #[must_use]
    pub fn read(settings: &mut Settings<'_>) -> Self {
        let shared = TriggerSettings::read(settings);
        Self {
            mode: settings.one_of("MODE", ("enforce", Mode::Enforce), &[("observe", Mode::Observe)]),
            unbound_machine: settings.one_of(
                "UNBOUND_MACHINE",
                ("bare", UnboundMachine::Bare),
                &[("refuse", UnboundMachine::Refuse)],
            ),
            names: claim_names(settings),
            id_claims: claim_selection(settings, "CLAIMS_ID"),
            access_claims: claim_selection(settings, "CLAIMS_ACCESS"),
            marker_scope: marker_scope(settings),
            group_formats: settings.parsed("GROUP_FORMAT", GroupFormats::default()),
            pool_groups: settings.one_of(
                "POOL_GROUPS",
                ("drop", PoolGroupPolicy::Drop),
                &[("keep", PoolGroupPolicy::Keep)],
            ),
            iam_roles: settings.parsed("IAM_ROLE_ALLOWLIST", IamRoleAllowList::default()),
            claim_bytes_max: usize::try_from(settings.number("CLAIM_BYTES_MAX", 4096, 64..=65536))
                .unwrap_or(usize::MAX),
            cache: CacheSettings {
                fresh_for: Duration::from_secs(settings.number("TENANT_CACHE_SECONDS", 30, 0..=3_600)),
                stale_for: Duration::from_secs(settings.number("TENANT_STALE_SECONDS", 600, 0..=86_400)),
            },
            shared,
        }
    }
}

/// The four claim names. They must all differ. None can be `TENANT_ATTRIBUTE`, which begins with `custom:`.
fn claim_names(settings: &mut Settings<'_>) -> ClaimNames {
    let mut taken: Vec<(&str, String)> = Vec::new();
    let mut name = |setting: &'static str, default: ClaimName| {
        let name = settings.parsed(setting, default);
        if let Some((other, _)) = taken.iter().find(|(_, taken)| *taken == name.as_str()) {
            settings.fault(setting, &format!("is `{name}`, the same as {other}"));
        }
        taken.push((setting, name.to_string()));
        name
    };
    ClaimNames {
        id: name("CLAIM_TENANT_ID", ClaimName::literal("tenant_id")),
        name: name("CLAIM_TENANT_NAME", ClaimName::literal("tenant_name")),
        tier: name("CLAIM_TENANT_TIER", ClaimName::literal("tenant_tier")),
        roles: name("CLAIM_TENANT_ROLES", ClaimName::literal("tenant_roles")),
    }
}

fn marker_scope(settings: &mut Settings<'_>) -> Option<MarkerScope> {
    match settings.raw("MARKER_SCOPE")?.parse() {
        Ok(marker) => Some(marker),
        Err(error) => {
            settings.fault("MARKER_SCOPE", &format!("is not usable: {error}"));
            None
        }
    }
}

fn claim_selection(settings: &mut Settings<'_>, name: &str) -> ClaimSelection {
    let Some(raw) = settings.raw(name) else { return ClaimSelection { name: true, tier: true, roles: true } };
    let mut selection = ClaimSelection { name: false, tier: false, roles: false };
    for claim in raw.split(',').map(str::trim) {
        match claim {
            "id" => {}
            "name" => selection.name = true,
            "tier" => selection.tier = true,
            "roles" => selection.roles = true,
            other => settings.fault(name, &format!("has `{other}`, allowed are id, name, tier, roles")),
        }
    }
    selection
}
