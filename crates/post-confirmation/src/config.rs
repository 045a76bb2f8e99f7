use cognito_trigger::TriggerSettings;
use function::{InvalidSettings, Settings};
use tenancy_aws::AwsSettings;

/// What happens when no invite admits a confirmed user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Uninvited {
    /// The call fails with `INVITE_REQUIRED`. The user stays confirmed and joins no tenant.
    Refuse,
    /// The event goes back. The user joins no tenant.
    Admit,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub shared: TriggerSettings,
    /// `UNINVITED`: `refuse` (default) or `admit`.
    pub uninvited: Uninvited,
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
        Self {
            shared: TriggerSettings::read(settings),
            uninvited: settings.one_of(
                "UNINVITED",
                ("refuse", Uninvited::Refuse),
                &[("admit", Uninvited::Admit)],
            ),
        }
    }
}
