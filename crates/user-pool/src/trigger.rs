//! The two triggers, and the versions of the event of pre-token-generation.

/// A trigger to which this product attaches a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trigger {
    PostConfirmation,
    PreTokenGeneration,
}

impl Trigger {
    pub const BOTH: [Self; 2] = [Self::PostConfirmation, Self::PreTokenGeneration];

    /// Cognito's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostConfirmation => "PostConfirmation",
            Self::PreTokenGeneration => "PreTokenGeneration",
        }
    }
}

/// The event version of pre-token-generation (`PreTokenGenerationConfig.LambdaVersion`).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EventVersion {
    V1,
    V2,
    V3,
}

impl EventVersion {
    /// As Cognito writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "V1_0",
            Self::V2 => "V2_0",
            Self::V3 => "V3_0",
        }
    }
}

/// When threat protection stopped to give a pool on Lite `V2_0`: 2024-11-22 18:00 GMT, in seconds since 1970 (developer guide,
/// "Pre token generation Lambda trigger").
pub const LITE_CUT_OFF: i64 = 1_732_298_400;
