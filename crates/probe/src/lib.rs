//! A pre-token-generation trigger that answers as it is told, so that `infra/smoke-test` can ask Cognito what its
//! guide does not say. **It is no part of the product, and must never be attached to a user pool that has users**:
//! whoever can write the attribute `custom:probe` or sends `clientMetadata` decides what is in the tokens.
//!
//! What to do stands in the user attribute `custom:probe`, or in the member `probe` of `clientMetadata` (a machine
//! has no attributes): an [`Instruction`] as JSON. Without one, the tokens get the claim `probe_saw`, a digest of the
//! event: names and types of its members, without values.
//!
//! Invoked directly with `{"probeCounts": {"waitMilliseconds": 500}}`, it tells how often this process has met each
//! instruction. Several such calls at the same time reach several processes.

mod digest;
mod instruction;

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

pub use self::instruction::{Action, Instruction};
use self::{digest::digest, instruction::apply};

/// The user attribute that tells what to do.
pub const ATTRIBUTE: &str = "custom:probe";

/// What is kept between events.
#[derive(Debug)]
pub struct Probe {
    /// Any number, to tell processes from one another.
    process: u64,
    /// Events by the key of their instruction.
    counts: Mutex<BTreeMap<String, u64>>,
}

/// What an event leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// This goes back, after so many milliseconds.
    Reply {
        /// The event, changed as told.
        reply: Value,
        /// How long to wait first.
        after_ms: u64,
    },
    /// The function fails with this text.
    Failure(String),
}

impl Default for Probe {
    fn default() -> Self {
        // The standard library's own random key: good enough, and no dependency.
        Self { process: RandomState::new().hash_one(0), counts: Mutex::default() }
    }
}

impl Probe {
    /// Takes an event of Cognito, or a direct call.
    pub fn take(&self, event: Value) -> Outcome {
        if let Some(call) = event.get("probeCounts") {
            let after_ms = call.get("waitMilliseconds").and_then(Value::as_u64).unwrap_or_default();
            let counts = json!(*self.counts.lock().unwrap_or_else(PoisonError::into_inner));
            let reply = json!({ "process": format!("{:016x}", self.process), "counts": counts });
            return Outcome::Reply { reply, after_ms };
        }
        let Some(text) = told(&event) else {
            self.count("none");
            return Outcome::Reply { reply: with_digest(event), after_ms: 0 };
        };
        match serde_json::from_str::<Instruction>(text) {
            Ok(instruction) => {
                self.count(&instruction.key);
                apply(instruction, event)
            }
            Err(error) => Outcome::Failure(format!("the probe cannot read its instruction: {error}")),
        }
    }

    fn count(&self, key: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(key.to_owned()).or_default() += 1;
    }
}

/// The instruction that came with an event.
fn told(event: &Value) -> Option<&str> {
    let request = event.get("request")?;
    let by_metadata = request.get("clientMetadata").and_then(|metadata| metadata.get("probe"));
    let by_attribute = || request.get("userAttributes").and_then(|attributes| attributes.get(ATTRIBUTE));
    // An attribute that was emptied may be there still, without a text.
    by_metadata.or_else(by_attribute).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The event with its own digest as a claim of every token.
fn with_digest(mut event: Value) -> Value {
    let saw = json!({ "probe_saw": digest(&event).to_string() });
    let block = json!({ "claimsToAddOrOverride": saw });
    let response = if event.get("version") == Some(&json!("1")) {
        json!({ "claimsOverrideDetails": block })
    } else {
        let details = json!({ "idTokenGeneration": block, "accessTokenGeneration": block });
        json!({ "claimsAndScopeOverrideDetails": details })
    };
    if let Value::Object(members) = &mut event {
        members.insert("response".to_owned(), response);
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(version: &str, request: &Value) -> Value {
        json!({ "version": version, "userName": "ana", "request": request, "response": {} })
    }

    fn reply(outcome: Outcome) -> Value {
        match outcome {
            Outcome::Reply { reply, .. } => reply,
            Outcome::Failure(text) => panic!("{text}"),
        }
    }

    #[test]
    fn without_an_instruction_the_tokens_say_what_was_seen_and_no_value_of_it() {
        let request = json!({ "userAttributes": { "email": "ana@example.com" } });

        let v1 = reply(Probe::default().take(event("1", &request))).to_string();
        let v3 = reply(Probe::default().take(event("3", &request)));

        assert!(v1.contains("claimsOverrideDetails"), "{v1}");
        let details = &v3["response"]["claimsAndScopeOverrideDetails"];
        for token in ["idTokenGeneration", "accessTokenGeneration"] {
            let saw = details[token]["claimsToAddOrOverride"]["probe_saw"].as_str().unwrap();
            assert!(saw.contains(r#""email":"text""#), "{saw}");
            assert!(!saw.contains("ana"), "{saw}");
        }
    }

    #[test]
    fn an_instruction_comes_by_attribute_and_metadata_goes_before() {
        let by_attribute = r#"{ "key": "a", "response": { "by": "attribute" } }"#;
        let by_metadata = r#"{ "key": "b", "response": { "by": "metadata" } }"#;
        let attributes = json!({ "custom:probe": by_attribute });
        let probe = Probe::default();

        let first = reply(probe.take(event("2", &json!({ "userAttributes": attributes }))));
        let request = json!({ "userAttributes": attributes, "clientMetadata": { "probe": by_metadata } });
        let second = reply(probe.take(event("2", &request)));

        assert_eq!(first["response"]["by"], json!("attribute"));
        assert_eq!(second["response"]["by"], json!("metadata"));
    }

    #[test]
    fn events_are_counted_by_key() {
        let probe = Probe::default();
        let request = json!({ "userAttributes": { "custom:probe": r#"{ "key": "again", "do": "fail", "text": "No" }"# } });

        for _ in 0..3 {
            assert_eq!(probe.take(event("2", &request)), Outcome::Failure("No".to_owned()));
        }

        let told = probe.take(json!({ "probeCounts": { "waitMilliseconds": 5 } }));
        let Outcome::Reply { reply, after_ms } = told else { panic!("{told:?}") };
        assert_eq!((&reply["counts"], after_ms), (&json!({ "again": 3 }), 5));
    }

    #[test]
    fn what_cannot_be_read_is_a_failure() {
        let request = json!({ "userAttributes": { "custom:probe": "{" } });

        let outcome = Probe::default().take(event("2", &request));

        assert!(matches!(outcome, Outcome::Failure(text) if text.starts_with("the probe cannot read")));
    }
}
