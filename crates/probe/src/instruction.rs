//! What the probe is told to do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::Outcome;

/// One instruction: JSON in `custom:probe`, of at most 2,048 characters, which is what an attribute holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instruction {
    /// A name to count events by.
    pub key: String,
    /// What to do; by default, to reply.
    #[serde(default, rename = "do")]
    pub action: Action,
    /// The text of a failure.
    #[serde(default)]
    pub text: String,
    /// How long to wait before the reply.
    #[serde(default)]
    pub wait_milliseconds: u64,
    /// What stands in the reply in place of `response`; by default what came.
    pub response: Option<Value>,
    /// Members to set in the reply, by JSON pointer; the parent must be there.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// Members to leave out of the reply, by JSON pointer.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// The kinds of answer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The event goes back.
    #[default]
    Reply,
    /// The function reports an error.
    Fail,
}

pub(crate) fn apply(instruction: Instruction, mut event: Value) -> Outcome {
    if instruction.action == Action::Fail {
        return Outcome::Failure(instruction.text);
    }
    if let Some(response) = instruction.response
        && let Value::Object(members) = &mut event
    {
        members.insert("response".to_owned(), response);
    }
    for (pointer, value) in instruction.set {
        if let Some((Value::Object(parent), name)) = parent(&mut event, &pointer) {
            parent.insert(name.to_owned(), value);
        }
    }
    for pointer in instruction.remove {
        if let Some((Value::Object(parent), name)) = parent(&mut event, &pointer) {
            parent.remove(name);
        }
    }
    Outcome::Reply { reply: event, after_ms: instruction.wait_milliseconds }
}

/// The value above the one that `pointer` names, and the last name.
fn parent<'a>(event: &'a mut Value, pointer: &'a str) -> Option<(&'a mut Value, &'a str)> {
    let (above, name) = pointer.rsplit_once('/')?;
    event.pointer_mut(above).map(|value| (value, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_event_goes_back_changed_as_told() {
        let event = json!({ "version": "2", "userName": "ana", "request": { "scopes": [] }, "response": {} });
        let instruction = json!({
            "key": "k",
            "response": { "claimsAndScopeOverrideDetails": { "groupOverrideDetails": null } },
            "set": { "/request/clientMetadata": null, "/extra": 1, "/nowhere/x": 1 },
            "remove": ["/userName", "/nowhere"],
            "waitMilliseconds": 7,
        });

        let outcome = apply(serde_json::from_value(instruction).unwrap(), event);

        let reply = json!({
            "version": "2",
            "request": { "scopes": [], "clientMetadata": null },
            "response": { "claimsAndScopeOverrideDetails": { "groupOverrideDetails": null } },
            "extra": 1,
        });
        assert_eq!(outcome, Outcome::Reply { reply, after_ms: 7 });
    }
}
