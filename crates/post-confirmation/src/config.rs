//! Settings of the function, read once at start.

use cognito_trigger::settings::{AllowedPools, InvalidSettings, Settings};
use tenancy::ProviderName;
use tenancy_aws::AwsSettings;

/// What becomes of a confirmed user whom no invite admits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Uninvited {
    /// The error `INVITE_REQUIRED`; the user is confirmed all the same, and is in no tenant.
    Refuse,
    /// The event back; the user is in no tenant.
    Admit,
}

/// Settings of the trigger itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// `USER_POOL_IDS`: the pools that may call; any by default.
    pub pools: AllowedPools,
    /// `UNINVITED`: `refuse` (default) or `admit`.
    pub uninvited: Uninvited,
    /// `EMAIL_VERIFIED_PROVIDERS`: SAML and OIDC providers whose `email_verified` counts; none by default.
    pub verified_providers: Vec<ProviderName>,
    /// `TENANT_ATTRIBUTE`: the user attribute that is stamped; `custom:tenantId` by default.
    pub tenant_attribute: String,
}

/// Settings of the whole function.
pub struct FunctionConfig {
    /// Those of the trigger.
    pub trigger: Config,
    /// `TENANCY_TABLE`: the table; required.
    pub table: String,
    /// The SDK's own.
    pub aws: AwsSettings,
}

impl FunctionConfig {
    /// Reads the settings through `lookup`, such as the environment.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut settings = Settings::new(lookup);
        let table = settings.table();
        let trigger = Config::read(&mut settings);
        match AwsSettings::read(lookup) {
            Ok(aws) => settings.finish(Self { trigger, table, aws }),
            Err(faults) => Err(settings.failed(faults)),
        }
    }
}

impl Config {
    /// Reads the settings of the trigger alone. What is wrong is noted in `settings`, and the default stands in for it.
    #[must_use]
    pub fn read(settings: &mut Settings<'_>) -> Self {
        Self {
            pools: settings.allowed_pools(),
            verified_providers: settings.verified_providers(),
            uninvited: settings
                .one_of("UNINVITED", [("refuse", Uninvited::Refuse), ("admit", Uninvited::Admit)]),
            tenant_attribute: settings.tenant_attribute(),
        }
    }
}
