//! `LambdaConfig`, where a description has the triggers of a pool.

use serde_json::{Value, json};

use super::{
    shape::Object,
    trigger::{EventVersion, Triggers},
    unknowns,
};
use crate::json::{member, merge};

/// The triggers that a description has.
pub(crate) fn triggers(description: &Object) -> Triggers {
    let text = |path: &[&str]| member(description, path).and_then(Value::as_str).map(str::to_owned);
    let config = |name| text(&["LambdaConfig", "PreTokenGenerationConfig", name]);
    let versioned = config("LambdaArn").map(|arn| {
        let version = config("LambdaVersion").and_then(|version| EventVersion::from_lambda_version(&version));
        (arn, version.unwrap_or_default())
    });
    let legacy = || text(&["LambdaConfig", "PreTokenGeneration"]).map(|arn| (arn, EventVersion::V1));
    Triggers {
        post_confirmation: text(&["LambdaConfig", "PostConfirmation"]),
        pre_token_generation: versioned.or_else(legacy),
    }
}

/// Changes the two triggers and leaves the others; `arn` makes the ARN of a function's name.
pub(crate) fn set_triggers(description: &mut Object, triggers: Triggers, arn: impl Fn(&str) -> String) {
    let arn = |function: String| if function.starts_with("arn:") { function } else { arn(&function) };
    let Triggers { post_confirmation, pre_token_generation } = triggers;
    let change = json!({
        "PostConfirmation": post_confirmation.map(&arn),
        "PreTokenGeneration": null,
        "PreTokenGenerationConfig": pre_token_generation.map(|(function, version)| {
            json!({ "LambdaArn": arn(function), "LambdaVersion": version.as_lambda_version() })
        }),
    });
    merge(description.entry("LambdaConfig").or_insert_with(|| json!({})), change);
    mirror_trigger(description);
}

/// `PreTokenGeneration` and `PreTokenGenerationConfig` are one trigger.
pub(crate) fn mirror_trigger(settled: &mut Object) {
    let Triggers { pre_token_generation: Some((arn, version)), .. } = triggers(settled) else { return };
    let mut change = json!({
        "PreTokenGenerationConfig": { "LambdaArn": arn, "LambdaVersion": version.as_lambda_version() },
    });
    if unknowns::legacy_trigger_is_shown(version) {
        merge(&mut change, json!({ "PreTokenGeneration": arn }));
    }
    merge(settled.entry("LambdaConfig").or_insert_with(|| json!({})), change);
}
