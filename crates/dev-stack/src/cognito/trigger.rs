//! The triggers of a pool, and the record of a firing.

use std::{collections::BTreeMap, time::Duration};

/// How long Cognito waits for one attempt (developer guide, "Customizing user pool workflows with Lambda
/// triggers").
pub const TRIGGER_TIMEOUT: Duration = Duration::from_secs(5);

/// The triggers that this stack fires: the one list, with what `LambdaConfig` calls each. The event of each is in
/// `firing.rs`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Trigger {
    /// After a user is confirmed, and after a password is reset.
    PostConfirmation,
    /// Before tokens are signed.
    PreTokenGeneration,
}

impl Trigger {
    pub(crate) const ALL: [Self; 2] = [Self::PostConfirmation, Self::PreTokenGeneration];

    /// Its member of `LambdaConfig`; where its events have versions, that of the first.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::PostConfirmation => "PostConfirmation",
            Self::PreTokenGeneration => "PreTokenGeneration",
        }
    }

    /// Its member of `LambdaConfig` that names a version of its events.
    pub(crate) fn versioned_member(self) -> Option<&'static str> {
        match self {
            Self::PostConfirmation => None,
            Self::PreTokenGeneration => Some("PreTokenGenerationConfig"),
        }
    }
}

/// The functions that a pool calls, by name or ARN, each with the version of its events.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Triggers(BTreeMap<Trigger, (String, EventVersion)>);

impl Triggers {
    /// These, and `function` for events of [`EventVersion::V1`].
    #[must_use]
    pub fn with(self, trigger: Trigger, function: impl Into<String>) -> Self {
        self.with_version(trigger, function, EventVersion::V1)
    }

    /// These, and `function` for events of `version`. A trigger that has no versions ignores it.
    #[must_use]
    pub fn with_version(
        mut self,
        trigger: Trigger,
        function: impl Into<String>,
        version: EventVersion,
    ) -> Self {
        self.0.insert(trigger, (function.into(), version));
        self
    }

    #[must_use]
    pub fn of(&self, trigger: Trigger) -> Option<&(String, EventVersion)> {
        self.0.get(&trigger)
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|(function, _)| function.as_str())
    }
}

/// `LambdaVersion` of the pre-token-generation trigger.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum EventVersion {
    /// `V1_0`: claims of the ID token, groups.
    #[default]
    V1,
    /// `V2_0`: also the access token and its scopes.
    V2,
    /// `V3_0`: also tokens of machines.
    V3,
}

impl EventVersion {
    /// `version` of the event.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1",
            Self::V2 => "2",
            Self::V3 => "3",
        }
    }

    /// `LambdaVersion` of `PreTokenGenerationConfig`.
    pub(crate) fn as_lambda_version(self) -> &'static str {
        match self {
            Self::V1 => "V1_0",
            Self::V2 => "V2_0",
            Self::V3 => "V3_0",
        }
    }

    /// The version of this `LambdaVersion`.
    pub(crate) fn from_lambda_version(version: &str) -> Option<Self> {
        [Self::V1, Self::V2, Self::V3].into_iter().find(|known| known.as_lambda_version() == version)
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TriggerOutcome {
    /// Cognito took the reply.
    Accepted,
    /// The caller got this error of Cognito.
    Refused {
        /// The exception's name.
        code: &'static str,
        message: String,
    },
}

/// One firing of a trigger.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TriggerRecord {
    pub trigger: Trigger,
    /// `triggerSource` of the event.
    pub source: &'static str,
    /// The event, as it was sent.
    pub event: String,
    /// The reply of the last attempt, if it came.
    pub reply: Option<String>,
    /// How often the function was called: more than once only after a timeout.
    pub attempts: u32,
    pub outcome: TriggerOutcome,
}
