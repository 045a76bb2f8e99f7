//! `LambdaConfig`, where a description has the triggers of a pool.

use serde_json::{Value, json};

use super::{
    error::CognitoError,
    shape::Object,
    trigger::{EventVersion, Trigger, Triggers},
    unknowns,
};
use crate::json::{member, merge};

pub(crate) fn triggers(description: &Object) -> Triggers {
    Trigger::ALL.into_iter().fold(Triggers::default(), |triggers, trigger| {
        match trigger_of(description, trigger) {
            Some((function, version)) => triggers.with_version(trigger, function, version),
            None => triggers,
        }
    })
}

fn trigger_of(description: &Object, trigger: Trigger) -> Option<(String, EventVersion)> {
    let text = |path: &[&str]| member(description, path).and_then(Value::as_str).map(str::to_owned);
    let versioned = trigger.versioned_member().and_then(|config| {
        let version = text(&["LambdaConfig", config, "LambdaVersion"]);
        let version = version.and_then(|version| EventVersion::from_lambda_version(&version));
        Some((text(&["LambdaConfig", config, "LambdaArn"])?, version.unwrap_or_default()))
    });
    versioned.or_else(|| text(&["LambdaConfig", trigger.member()]).map(|arn| (arn, EventVersion::V1)))
}

/// Changes the triggers that this stack fires and leaves the others; `arn` makes the ARN of a function's name.
pub(crate) fn set_triggers(description: &mut Object, triggers: &Triggers, arn: impl Fn(&str) -> String) {
    let config = description.entry("LambdaConfig").or_insert_with(|| json!({}));
    for trigger in Trigger::ALL {
        let function = triggers.of(trigger).map(|(function, version)| {
            (if function.starts_with("arn:") { function.clone() } else { arn(function) }, *version)
        });
        let change = match trigger.versioned_member() {
            None => json!({ trigger.member(): function.map(|(arn, _)| arn) }),
            Some(versioned) => {
                json!({ trigger.member(): null, versioned: function.map(|(arn, version)| of_version(&arn, version)) })
            }
        };
        merge(config, change);
    }
    mirror_triggers(description);
}

/// The two members of a trigger whose events have versions are one trigger.
pub(crate) fn mirror_triggers(settled: &mut Object) {
    for trigger in Trigger::ALL {
        let Some(versioned) = trigger.versioned_member() else { continue };
        let Some((arn, version)) = trigger_of(settled, trigger) else { continue };
        let mut change = json!({ versioned: of_version(&arn, version) });
        if unknowns::legacy_trigger_is_shown(version) {
            merge(&mut change, json!({ trigger.member(): arn }));
        }
        merge(settled.entry("LambdaConfig").or_insert_with(|| json!({})), change);
    }
}

/// Refuses two members of a trigger that do not agree.
pub(crate) fn check(sent: &Object) -> Result<(), CognitoError> {
    for trigger in Trigger::ALL {
        let Some(versioned) = trigger.versioned_member() else { continue };
        let Some(config) = member(sent, &["LambdaConfig", versioned]) else { continue };
        let (Some(arn), Some(_)) = (config.get("LambdaArn"), config.get("LambdaVersion")) else {
            return Err(CognitoError::invalid_parameter(format!(
                "{versioned} needs both LambdaArn and LambdaVersion"
            )));
        };
        let first = trigger.member();
        if member(sent, &["LambdaConfig", first]).is_some_and(|legacy| legacy != arn) {
            return Err(CognitoError::invalid_parameter(format!(
                "{first} and {versioned} must have the same Lambda ARN"
            )));
        }
    }
    Ok(())
}

fn of_version(arn: &str, version: EventVersion) -> Value {
    json!({ "LambdaArn": arn, "LambdaVersion": version.as_lambda_version() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_that_is_set_is_found_again_and_another_stays() {
        let set = Trigger::ALL.into_iter().fold(Triggers::default(), |triggers, trigger| {
            triggers.with_version(trigger, trigger.member(), EventVersion::V2)
        });
        let mut description = Object::new();
        description.insert("LambdaConfig".to_owned(), json!({ "PreSignUp": "arn:other" }));

        set_triggers(&mut description, &set, |function| format!("arn:{function}"));

        let found = triggers(&description);
        for trigger in Trigger::ALL {
            let function = found.of(trigger).map(|(function, _)| function.as_str());
            assert_eq!(function, Some(format!("arn:{}", trigger.member()).as_str()));
        }
        assert_eq!(found.of(Trigger::PreTokenGeneration).unwrap().1, EventVersion::V2);
        assert_eq!(description["LambdaConfig"]["PreSignUp"], "arn:other");
        set_triggers(&mut description, &Triggers::default(), str::to_owned);
        assert_eq!(description["LambdaConfig"], json!({ "PreSignUp": "arn:other" }));
    }
}
