//! Settings of the trigger, read once at start.

use cognito_trigger::TriggerSettings;
use function::{InvalidSettings, Settings};
use tenancy_aws::AwsSettings;

/// What becomes of a confirmed user whom no invite admits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Uninvited {
    /// The error `INVITE_REQUIRED`; the user is confirmed all the same, and is in no tenant.
    Refuse,
    /// The event back; the user is in no tenant.
    Admit,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// Those that every trigger has.
    pub shared: TriggerSettings,
    /// `UNINVITED`: `refuse` (default) or `admit`.
    pub uninvited: Uninvited,
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
        Self {
            shared: TriggerSettings::read(settings),
            uninvited: settings
                .one_of("UNINVITED", [("refuse", Uninvited::Refuse), ("admit", Uninvited::Admit)]),
        }
    }
}
