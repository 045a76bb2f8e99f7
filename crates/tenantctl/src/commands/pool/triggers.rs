//! The two triggers of a pool: what holds them, and how they stand in `LambdaConfig`.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::arn::FunctionArn;

/// The event version of pre-token-generation (`PreTokenGenerationConfig.LambdaVersion`).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum EventVersion {
    /// The tenant in ID tokens only; every plan
    #[value(name = "V1_0")]
    V1,
    /// The tenant in access tokens too; the plans Essentials and Plus
    #[value(name = "V2_0")]
    V2,
    /// Machines too; the plans Essentials and Plus
    #[value(name = "V3_0")]
    V3,
}

impl EventVersion {
    /// As Cognito writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "V1_0",
            Self::V2 => "V2_0",
            Self::V3 => "V3_0",
        }
    }
}

/// One of the two triggers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Slot {
    PostConfirmation,
    PreTokenGeneration,
}

impl Slot {
    /// Cognito's name of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PostConfirmation => "PostConfirmation",
            Self::PreTokenGeneration => "PreTokenGeneration",
        }
    }

    /// Where it stands in a description that can be compared; the legacy key is folded into the new one.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::PostConfirmation => "LambdaConfig.PostConfirmation",
            Self::PreTokenGeneration => "LambdaConfig.PreTokenGenerationConfig",
        }
    }

    /// The option of the command line that is about it.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::PostConfirmation => "--post-confirmation",
            Self::PreTokenGeneration => "--pre-token-generation",
        }
    }
}

/// The legacy key, and the one that has taken its place.
const LEGACY: &str = "PreTokenGeneration";
const CONFIG: &str = "PreTokenGenerationConfig";

/// The function in a slot, if there is one.
pub(super) fn holder(pool: &Value, slot: Slot) -> Option<&str> {
    let lambdas = pool.get("LambdaConfig")?;
    let is_text = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match slot {
        Slot::PostConfirmation => lambdas.get("PostConfirmation"),
        Slot::PreTokenGeneration => {
            let config = lambdas.get(CONFIG).and_then(|config| config.get("LambdaArn"));
            if is_text(config) { config } else { lambdas.get(LEGACY) }
        }
    }
    .and_then(Value::as_str)
    .filter(|arn| !arn.is_empty())
}

/// The event version with which pre-token-generation is called, as the pool writes it; the legacy key alone means
/// `V1_0`.
pub(super) fn event_version(pool: &Value) -> Option<&str> {
    holder(pool, Slot::PreTokenGeneration)?;
    let config = pool.get("LambdaConfig").and_then(|lambdas| lambdas.get(CONFIG));
    let version = config.and_then(|config| config.get("LambdaVersion")).and_then(Value::as_str);
    Some(version.filter(|version| !version.is_empty()).unwrap_or("V1_0"))
}

/// What a slot is to hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// This function; the event version is of pre-token-generation alone.
    Function(FunctionArn, EventVersion),
    /// None.
    Empty,
}

/// The description with a slot as wanted, and nothing else changed.
pub(super) fn with_slot(mut pool: Value, slot: Slot, wanted: &Wanted) -> Value {
    let Value::Object(members) = &mut pool else { return pool };
    let lambdas = members.entry("LambdaConfig").or_insert_with(|| json!({}));
    if !lambdas.is_object() {
        *lambdas = json!({});
    }
    let Value::Object(lambdas) = lambdas else { return pool };
    match (slot, wanted) {
        (Slot::PostConfirmation, Wanted::Function(arn, _)) => {
            lambdas.insert("PostConfirmation".to_owned(), json!(arn.to_string()));
        }
        (Slot::PostConfirmation, Wanted::Empty) => {
            lambdas.remove("PostConfirmation");
        }
        (Slot::PreTokenGeneration, Wanted::Function(arn, version)) => {
            let arn = arn.to_string();
            lambdas.insert(CONFIG.to_owned(), json!({ "LambdaArn": arn, "LambdaVersion": version.as_str() }));
            // The legacy key must hold the same ARN when both are sent (API reference, LambdaConfigType); Cognito
            // shows it in any case.
            lambdas.insert(LEGACY.to_owned(), json!(arn));
        }
        (Slot::PreTokenGeneration, Wanted::Empty) => {
            lambdas.remove(CONFIG);
            lambdas.remove(LEGACY);
        }
    }
    pool
}

/// Puts the two keys of pre-token-generation into one, since Cognito shows both when only one was set.
pub(super) fn fold_legacy(lambdas: &mut Map<String, Value>) {
    let version = |config: &Value| config.get("LambdaVersion").and_then(Value::as_str).map(str::to_owned);
    let arn = |config: &Value| config.get("LambdaArn").and_then(Value::as_str).map(str::to_owned);
    let legacy = lambdas.remove(LEGACY).filter(|legacy| legacy.as_str().is_some_and(|arn| !arn.is_empty()));
    let config = lambdas.get(CONFIG);
    let has_config = config.and_then(arn).is_some_and(|arn| !arn.is_empty());
    if has_config {
        if config.and_then(version).is_none()
            && let Some(Value::Object(config)) = lambdas.get_mut(CONFIG)
        {
            config.insert("LambdaVersion".to_owned(), json!("V1_0"));
        }
        return;
    }
    lambdas.remove(CONFIG);
    if let Some(legacy) = legacy {
        lambdas.insert(CONFIG.to_owned(), json!({ "LambdaArn": legacy, "LambdaVersion": "V1_0" }));
    }
}
