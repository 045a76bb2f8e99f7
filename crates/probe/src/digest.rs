//! An event without what it says: the names of its members and the types of their values.

use serde_json::{Map, Value, json};

/// Members whose value is told: it is of Cognito and not of a user.
const TOLD: [&str; 2] = ["version", "triggerSource"];

/// The same members, each with the type of its value in its place.
pub(crate) fn digest(event: &Value) -> Value {
    let Value::Object(members) = event else { return kind(event) };
    let told = |name: &String, value: &Value| {
        if TOLD.contains(&name.as_str()) { value.clone() } else { kind(value) }
    };
    members.iter().map(|(name, value)| (name.clone(), told(name, value))).collect::<Map<_, _>>().into()
}

fn kind(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(text) if text.is_empty() => json!("empty text"),
        Value::String(_) => json!("text"),
        Value::Array(items) => json!(items.iter().map(kind).collect::<Vec<_>>()),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), kind(value))).collect::<Map<_, _>>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_stand_in_for_values() {
        let event = json!({
            "version": "3", "triggerSource": "TokenGeneration_ClientCredentials", "userName": "ana",
            "request": { "userAttributes": {}, "scopes": ["api/read"], "n": null, "version": "x", "flag": true },
        });

        let expected = json!({
            "version": "3", "triggerSource": "TokenGeneration_ClientCredentials", "userName": "text",
            "request": { "userAttributes": {}, "scopes": ["text"], "n": "null", "version": "text", "flag": "boolean" },
        });
        assert_eq!(digest(&event), expected);
    }
}
