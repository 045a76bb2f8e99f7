//! What holds the two triggers of a pool, and how they stand in `LambdaConfig`.

use serde_json::{Map, Value, json};

use user_pool::{EventVersion, FunctionArn, Trigger};

/// Whether a path in a description is of this trigger; pre-token-generation has two keys.
pub fn covers(trigger: Trigger, path: &str) -> bool {
    match trigger {
        Trigger::PostConfirmation => path.split('.').take(2).eq(["LambdaConfig", "PostConfirmation"]),
        Trigger::PreTokenGeneration => path.starts_with("LambdaConfig.PreTokenGeneration"),
    }
}

/// The legacy key, and the one that has taken its place.
const LEGACY: &str = "PreTokenGeneration";
const CONFIG: &str = "PreTokenGenerationConfig";

/// The function in a slot, if there is one.
pub fn holder(pool: &Value, slot: Trigger) -> Option<&str> {
    let lambdas = pool.get("LambdaConfig")?;
    let is_text = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match slot {
        Trigger::PostConfirmation => lambdas.get("PostConfirmation"),
        Trigger::PreTokenGeneration => {
            let config = lambdas.get(CONFIG).and_then(|config| config.get("LambdaArn"));
            if is_text(config) { config } else { lambdas.get(LEGACY) }
        }
    }
    .and_then(Value::as_str)
    .filter(|arn| !arn.is_empty())
}

/// The event version with which pre-token-generation is called, as the pool writes it; the legacy key alone means
/// `V1_0`.
pub fn event_version(pool: &Value) -> Option<&str> {
    holder(pool, Trigger::PreTokenGeneration)?;
    let config = pool.get("LambdaConfig").and_then(|lambdas| lambdas.get(CONFIG));
    let version = config.and_then(|config| config.get("LambdaVersion")).and_then(Value::as_str);
    Some(version.filter(|version| !version.is_empty()).unwrap_or("V1_0"))
}

/// What a slot is to hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// This function; the event version is of pre-token-generation alone.
    Function(FunctionArn, EventVersion),
    /// None.
    Empty,
}

/// The description with a slot as wanted, and nothing else changed.
pub fn with_slot(mut pool: Value, slot: Trigger, wanted: &Wanted) -> Value {
    let Value::Object(members) = &mut pool else { return pool };
    let lambdas = members.entry("LambdaConfig").or_insert_with(|| json!({}));
    if !lambdas.is_object() {
        *lambdas = json!({});
    }
    let Value::Object(lambdas) = lambdas else { return pool };
    match (slot, wanted) {
        (Trigger::PostConfirmation, Wanted::Function(arn, _)) => {
            lambdas.insert("PostConfirmation".to_owned(), json!(arn.to_string()));
        }
        (Trigger::PostConfirmation, Wanted::Empty) => {
            lambdas.remove("PostConfirmation");
        }
        (Trigger::PreTokenGeneration, Wanted::Function(arn, version)) => {
            let arn = arn.to_string();
            // What else there is in it is not of this tool, and stays.
            let config = lambdas.entry(CONFIG).or_insert_with(|| json!({}));
            if !config.is_object() {
                *config = json!({});
            }
            if let Value::Object(config) = config {
                config.insert("LambdaArn".to_owned(), json!(arn));
                config.insert("LambdaVersion".to_owned(), json!(version.as_str()));
            }
            // The legacy key must hold the same ARN when both are sent (API reference, LambdaConfigType); Cognito
            // shows it in any case.
            lambdas.insert(LEGACY.to_owned(), json!(arn));
        }
        (Trigger::PreTokenGeneration, Wanted::Empty) => {
            lambdas.remove(CONFIG);
            lambdas.remove(LEGACY);
        }
    }
    pool
}

/// The function that the legacy key of pre-token-generation names beside another one in its new place. Cognito keeps
/// both equal; a pool where they are not was made by something else.
pub fn hidden_holder(pool: &Value, slot: Trigger) -> Option<&str> {
    let current = holder(pool, slot).filter(|_| slot == Trigger::PreTokenGeneration)?;
    let legacy = pool.get("LambdaConfig").and_then(|lambdas| lambdas.get(LEGACY)).and_then(Value::as_str);
    legacy.filter(|legacy| !legacy.is_empty() && *legacy != current)
}

/// Puts the two keys of pre-token-generation into one, since Cognito shows both when only one was set. Where they differ
/// both stay, and so does a key that names no function.
pub fn fold_legacy(lambdas: &mut Map<String, Value>) {
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let legacy = text(lambdas.get(LEGACY));
    let held = text(lambdas.get(CONFIG).and_then(|config| config.get("LambdaArn")));
    match (legacy, held) {
        (legacy, Some(held)) => {
            if let Some(Value::Object(config)) = lambdas.get_mut(CONFIG) {
                config.entry("LambdaVersion").or_insert_with(|| json!("V1_0"));
            }
            if legacy == Some(held) {
                lambdas.remove(LEGACY);
            }
        }
        (Some(legacy), None) => {
            lambdas.remove(LEGACY);
            lambdas.insert(CONFIG.to_owned(), json!({ "LambdaArn": legacy, "LambdaVersion": "V1_0" }));
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::{comparable, difference};

    fn paths(pool: &Value, wanted: &Wanted) -> Vec<String> {
        let after = with_slot(pool.clone(), Trigger::PreTokenGeneration, wanted);
        difference(&comparable(pool), &comparable(&after)).into_iter().map(|d| d.path).collect()
    }

    #[test]
    fn a_plan_names_both_keys_where_they_hold_two_functions() {
        let config = json!({ "LambdaArn": "f", "LambdaVersion": "V2_0" });
        let pool =
            json!({ "LambdaConfig": { "PreTokenGeneration": "old", "PreTokenGenerationConfig": config } });
        let new = "arn:aws:lambda:eu-west-1:111122223333:function:new".parse().unwrap();

        let detached = paths(&pool, &Wanted::Empty);
        let attached = paths(&pool, &Wanted::Function(new, EventVersion::V2));

        assert!(detached.contains(&"LambdaConfig.PreTokenGeneration".to_owned()), "{detached:?}");
        assert!(attached.contains(&"LambdaConfig.PreTokenGeneration".to_owned()), "{attached:?}");
        assert_eq!(hidden_holder(&pool, Trigger::PreTokenGeneration), Some("old"));
        assert_eq!(hidden_holder(&pool, Trigger::PostConfirmation), None);
    }

    #[test]
    fn what_is_unknown_beside_a_function_stays() {
        let config = json!({ "LambdaArn": "f", "LambdaVersion": "V1_0", "Mode": "STRICT" });
        let pool = json!({ "LambdaConfig": { "PreTokenGenerationConfig": config } });
        let new: FunctionArn = "arn:aws:lambda:eu-west-1:111122223333:function:new".parse().unwrap();

        let after =
            with_slot(pool, Trigger::PreTokenGeneration, &Wanted::Function(new.clone(), EventVersion::V2));

        let wanted = json!({ "LambdaArn": new.to_string(), "LambdaVersion": "V2_0", "Mode": "STRICT" });
        assert_eq!(after["LambdaConfig"]["PreTokenGenerationConfig"], wanted);
    }
}
