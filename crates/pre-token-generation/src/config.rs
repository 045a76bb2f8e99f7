//! Settings of the function, read once at start.

use std::time::Duration;

use cognito_trigger::TriggerSettings;
use cognito_trigger::claims::ClaimName;
use function::{InvalidSettings, Settings};
use tenancy::sign_in::groups::{GroupFormats, IamRoleAllowList};
use tenancy_aws::{AwsSettings, CacheSettings};

/// What becomes of a refused sign-in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// It gets an error and no token.
    Enforce,
    /// It gets the event back, and tokens without a tenant: for the roll-out on a live pool. Logged and counted.
    Observe,
}

/// What becomes of a machine whose app client is bound to no tenant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnboundMachine {
    /// The event back: a token without a tenant.
    Bare,
    /// The error `WRONG_TENANT`.
    Refuse,
}

/// What becomes of the groups that the user has in the pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PoolGroupPolicy {
    /// The tenant's groups replace them.
    Drop,
    /// They come first, then the tenant's.
    Keep,
}

/// Which claims go into a token; the tenant's id always does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClaimSelection {
    /// The tenant's name.
    pub name: bool,
    /// What it has bought.
    pub tier: bool,
    /// The membership's roles.
    pub roles: bool,
}

/// What the claims are called.
#[derive(Clone, Debug)]
pub struct ClaimNames {
    /// `CLAIM_TENANT_ID`: `tenant_id` by default.
    pub id: ClaimName,
    /// `CLAIM_TENANT_NAME`: `tenant_name` by default.
    pub name: ClaimName,
    /// `CLAIM_TENANT_TIER`: `tenant_tier` by default.
    pub tier: ClaimName,
    /// `CLAIM_TENANT_ROLES`: `tenant_roles` by default.
    pub roles: ClaimName,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// Those that every trigger has.
    pub shared: TriggerSettings,
    /// `MODE`: `enforce` (default) or `observe`.
    pub mode: Mode,
    /// `UNBOUND_MACHINE`: `bare` (default) or `refuse`.
    pub unbound_machine: UnboundMachine,
    /// What the claims are called.
    pub names: ClaimNames,
    /// `CLAIMS_ID`: which claims the ID token gets, of `id,name,tier,roles`; all by default.
    pub id_claims: ClaimSelection,
    /// `CLAIMS_ACCESS`: the same for the access token.
    pub access_claims: ClaimSelection,
    /// `GROUP_FORMAT`: the groups of a role for which the tenant lists none; `{role}` by default.
    pub group_formats: GroupFormats,
    /// `POOL_GROUPS`: `drop` (default) or `keep`.
    pub pool_groups: PoolGroupPolicy,
    /// `IAM_ROLE_ALLOWLIST`: which IAM roles may go into a token; none by default.
    pub iam_roles: IamRoleAllowList,
    /// `CLAIM_BYTES_MAX`: most bytes of claims and groups added to one token, as JSON, 64 to 65536; 4096 by default.
    pub claim_bytes_max: usize,
    /// `TENANT_CACHE_SECONDS`: how long tenants and bindings are remembered, 0 (not at all) to 3600; 30 by default.
    /// `TENANT_STALE_SECONDS`: how much longer an active tenant is served while the store gives no answer, 0 to 86400; 600
    /// by default.
    pub cache: CacheSettings,
}

impl Config {
    /// All that the function is told: the trigger's settings, `TENANCY_TABLE`, and the SDK's own.
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

    /// What is wrong is noted in `settings`, and the default stands in for it.
    #[must_use]
    pub fn read(settings: &mut Settings<'_>) -> Self {
        let shared = TriggerSettings::read(settings);
        Self {
            mode: settings.one_of("MODE", [("enforce", Mode::Enforce), ("observe", Mode::Observe)]),
            unbound_machine: settings.one_of(
                "UNBOUND_MACHINE",
                [("bare", UnboundMachine::Bare), ("refuse", UnboundMachine::Refuse)],
            ),
            names: claim_names(settings, &shared.tenant_attribute),
            id_claims: claim_selection(settings, "CLAIMS_ID"),
            access_claims: claim_selection(settings, "CLAIMS_ACCESS"),
            group_formats: settings.parsed("GROUP_FORMAT", GroupFormats::default()),
            pool_groups: settings
                .one_of("POOL_GROUPS", [("drop", PoolGroupPolicy::Drop), ("keep", PoolGroupPolicy::Keep)]),
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

/// The four names: none reserved, no two the same, none that of the stamp, which is overridden anyhow.
fn claim_names(settings: &mut Settings<'_>, tenant_attribute: &str) -> ClaimNames {
    let mut taken = vec![("TENANT_ATTRIBUTE", tenant_attribute.to_owned())];
    let mut name = |setting: &'static str, default: ClaimName| {
        let name = settings.parsed(setting, default);
        if let Some((other, _)) = taken.iter().find(|(_, taken)| *taken == name.as_str()) {
            settings.fault(setting, &format!("is `{name}`, as {other} is"));
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

fn claim_selection(settings: &mut Settings<'_>, name: &str) -> ClaimSelection {
    let Some(raw) = settings.raw(name) else { return ClaimSelection { name: true, tier: true, roles: true } };
    let mut selection = ClaimSelection { name: false, tier: false, roles: false };
    for claim in raw.split(',').map(str::trim) {
        match claim {
            "id" => {}
            "name" => selection.name = true,
            "tier" => selection.tier = true,
            "roles" => selection.roles = true,
            other => settings.fault(name, &format!("has `{other}`, and must be of: id, name, tier, roles")),
        }
    }
    selection
}
