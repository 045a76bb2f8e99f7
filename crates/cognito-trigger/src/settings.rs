//! The settings that every trigger has.

use function::Settings;
use tenancy::join::Redeem;
use tenancy::{PoolId, ProviderName, TenantId};

#[derive(Clone, Debug)]
pub struct TriggerSettings {
    /// `USER_POOL_IDS`: the pools that may call, comma-separated. Default: any pool.
    pub pools: AllowedPools,
    /// `POOL_TENANT`: the only tenant of the pool. Default: many tenants share the pool.
    pub pool_tenant: Option<TenantId>,
    /// `REDEEM`: `on` (default) or `off`.
    pub redeem: Redeem,
    /// `EMAIL_VERIFIED_PROVIDERS`: names of SAML and OIDC providers whose `email_verified` counts, comma-separated. Default:
    /// none.
    pub verified_providers: Vec<ProviderName>,
    /// `TENANT_ATTRIBUTE`: the user attribute that holds the stamp. Default: `custom:tenantId`.
    pub tenant_attribute: String,
}

impl TriggerSettings {
    /// Notes faults in `settings` and uses the default in their place.
    #[must_use]
    pub fn read(settings: &mut Settings<'_>) -> Self {
        let pools: Option<Vec<PoolId>> = listed(settings, "USER_POOL_IDS");
        let pool_tenant = settings.raw("POOL_TENANT").and_then(|raw| match raw.parse() {
            Ok(tenant) => Some(tenant),
            Err(error) => {
                settings.fault("POOL_TENANT", &format!("is not usable: {error}"));
                None
            }
        });
        // A stack of several pools, or of any pool, cannot say which one belongs to the tenant.
        if pool_tenant.is_some() && pools.as_ref().map(Vec::len) != Some(1) {
            settings.fault("POOL_TENANT", "needs exactly one pool in USER_POOL_IDS");
        }
        Self {
            pools: AllowedPools(pools),
            pool_tenant,
            redeem: settings.one_of("REDEEM", ("on", Redeem::On), &[("off", Redeem::Off)]),
            verified_providers: listed(settings, "EMAIL_VERIFIED_PROVIDERS").unwrap_or_default(),
            tenant_attribute: tenant_attribute(settings),
        }
    }
}

fn listed<T>(settings: &mut Settings<'_>, name: &str) -> Option<Vec<T>>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    match settings.raw(name)?.split(',').map(|item| item.trim().parse()).collect() {
        Ok(items) => Some(items),
        Err(error) => {
            settings.fault(name, &format!("is not usable: {error}"));
            None
        }
    }
}

/// Must be a custom attribute, so that the stamp cannot overwrite an e-mail address or a name.
fn tenant_attribute(settings: &mut Settings<'_>) -> String {
    let raw = settings.raw("TENANT_ATTRIBUTE").unwrap_or_else(|| "custom:tenantId".to_owned());
    let name = raw.strip_prefix("custom:").unwrap_or_default();
    let is_name = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
    // 20 characters: API reference, `CustomAttributeNameType`.
    if !(1..=20).contains(&name.len()) || !name.bytes().all(is_name) {
        settings.fault("TENANT_ATTRIBUTE", "must be `custom:` and a name of 1 to 20 characters");
    }
    raw
}

/// The pools that may call; `None`: any pool.
#[derive(Clone, Debug)]
pub struct AllowedPools(Option<Vec<PoolId>>);

impl AllowedPools {
    /// Whether `pool` may call. An event without a pool may call only if there is no list.
    #[must_use]
    pub fn admit(&self, pool: Option<&PoolId>) -> bool {
        self.0.as_ref().is_none_or(|pools| pool.is_some_and(|pool| pools.contains(pool)))
    }
}
