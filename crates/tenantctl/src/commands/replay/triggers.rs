//! The functions that can be replayed: the one list.

use cognito_trigger::trigger;
use cognito_trigger::{Handled, Incoming, TriggerSettings};
use function::{Call, Settings};
use post_confirmation::PostConfirmation;
use pre_token_generation::PreTokenGeneration;
use tenancy_aws::DynamoStore;

use super::rehearsal::Rehearsal;

/// Which of the functions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TriggerKind {
    PreTokenGeneration,
    PostConfirmation,
}

impl TriggerKind {
    pub(super) const ALL: [Self; 2] = [Self::PreTokenGeneration, Self::PostConfirmation];

    /// The function's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PreTokenGeneration => "pre-token-generation",
            Self::PostConfirmation => "post-confirmation",
        }
    }

    /// The function that gets events of this source.
    pub(super) fn of(source: &str) -> Option<Self> {
        match source.split_once('_')?.0 {
            "TokenGeneration" => Some(Self::PreTokenGeneration),
            "PostConfirmation" => Some(Self::PostConfirmation),
            _ => None,
        }
    }
}

/// The settings of the function that the event goes to.
#[derive(Debug)]
pub(super) enum Config {
    PreTokenGeneration(Box<pre_token_generation::Config>),
    PostConfirmation(post_confirmation::Config),
}

impl Config {
    /// What is wrong is noted in `settings`.
    pub(super) fn read(trigger: TriggerKind, settings: &mut Settings<'_>) -> Self {
        match trigger {
            TriggerKind::PreTokenGeneration => {
                Self::PreTokenGeneration(Box::new(pre_token_generation::Config::read(settings)))
            }
            TriggerKind::PostConfirmation => {
                Self::PostConfirmation(post_confirmation::Config::read(settings))
            }
        }
    }

    /// The settings that every trigger has.
    pub(super) fn shared(&self) -> &TriggerSettings {
        match self {
            Self::PreTokenGeneration(config) => &config.shared,
            Self::PostConfirmation(config) => &config.shared,
        }
    }

    /// `CLAIM_BYTES_MAX`, of pre-token-generation.
    pub(super) fn claim_bytes_max(&self) -> Option<usize> {
        match self {
            Self::PreTokenGeneration(config) => Some(config.claim_bytes_max),
            Self::PostConfirmation(_) => None,
        }
    }

    /// What the function does about a call.
    pub(super) async fn conclude(
        &self,
        call: &Call<'_>,
        store: &Rehearsal<'_, DynamoStore>,
    ) -> (Incoming, Handled) {
        match self {
            Self::PreTokenGeneration(config) => {
                let config = &**config;
                trigger::conclude(&PreTokenGeneration { config, cached: store, store }, call).await
            }
            Self::PostConfirmation(config) => {
                trigger::conclude(&PostConfirmation { config, store, users: store }, call).await
            }
        }
    }
}
