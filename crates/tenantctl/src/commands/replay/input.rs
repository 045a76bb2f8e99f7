//! The event: read, and told apart from what only looks like one.

use std::io::Read as _;
use std::path::Path;

use cognito_trigger::incoming::is_plain_source;
use cognito_trigger::{Envelope, UnreadableEvent};
use serde_json::Value;
use serde_json::value::RawValue;

use super::triggers::TriggerKind;
use crate::failure::Failure;

/// What is told to whoever has no event.
const WHAT_IS_WANTED: &str =
    "An event is the JSON object that Cognito hands to the function, with `triggerSource` and `request`.";

/// An event of one of the two functions.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) event: Box<RawValue>,
    pub(super) trigger: TriggerKind,
}

/// Reads the file at `path`, or standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Recorded, Failure> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if is_stdin {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::failed(format!("could not read {name}: {error}")))?;
    parse(&bytes).map_err(|problem| {
        Failure::usage(format!("{name} {}", problem.what))
            .hint(problem.hint.unwrap_or(WHAT_IS_WANTED.to_owned()))
    })
}

/// Why a text is no event that can be played. Quotes nothing of it but names.
#[derive(Debug, Eq, PartialEq)]
struct NotAnEvent {
    what: String,
    hint: Option<String>,
}

impl From<&str> for NotAnEvent {
    fn from(what: &str) -> Self {
        Self { what: what.to_owned(), hint: None }
    }
}

fn parse(bytes: &[u8]) -> Result<Recorded, NotAnEvent> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotAnEvent::from("is not UTF-8 text"))?;
    // Editors of some systems put a byte order mark in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if text.is_empty() {
        return Err("is empty".into());
    }
    let event: Box<RawValue> = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
    let envelope = match Envelope::read(event.get()) {
        Ok(envelope) => envelope,
        Err(UnreadableEvent::NotAnObject) => return Err("is JSON, and not an object".into()),
        Err(error) => return Err(NotAnEvent::from(format!("cannot be played: {error}").as_str())),
    };
    match TriggerKind::of(&envelope.trigger_source) {
        Some(trigger) => Ok(Recorded { event, trigger }),
        None if envelope.trigger_source.is_empty() => Err(without_source(event.get())),
        None => Err(of_another(&envelope.trigger_source)),
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> NotAnEvent {
    let what = format!("is not JSON: line {}, column {}", error.line(), error.column());
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>();
    let (first, second) = (values.next(), values.next());
    let hint = if text.starts_with('{') && matches!(first, Some(Ok(_))) && second.is_some() {
        Some("The input has more than one JSON value: give one event at a time.".to_owned())
    } else if text.contains("\"triggerSource\"") {
        Some(
            "It seems to be a log with an event in it: cut out the JSON object of the event alone."
                .to_owned(),
        )
    } else {
        None
    };
    NotAnEvent { what, hint }
}

/// Not an event; perhaps something with an event in it.
fn without_source(text: &str) -> NotAnEvent {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    if value.get("_aws").is_some() {
        return NotAnEvent {
            what: "is the line that a function logs, and not an event".to_owned(),
            hint: Some(
                "The functions never log events. Its `reason` and `cause` say why it was refused.".to_owned(),
            ),
        };
    }
    match wrapped(&value) {
        Some(path) => NotAnEvent {
            what: format!("has no `triggerSource`: the event is inside `{path}`"),
            hint: Some(format!("Give that alone, such as with: jq '.{path} | fromjson? // .' FILE")),
        },
        None => "has no `triggerSource`, so it is no event of a trigger".into(),
    }
}

/// Where in an object an event is, as an object or as a text: one or two levels down, names that need no quotes.
fn wrapped(value: &Value) -> Option<String> {
    let is_event = |value: &Value| match value {
        Value::Object(_) => value.get("triggerSource").is_some(),
        Value::String(text) => {
            let inner = serde_json::from_str::<Value>(text).unwrap_or_default();
            inner.get("triggerSource").is_some()
        }
        _ => false,
    };
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let members = |value: &Value| -> Vec<(String, Value)> {
        let members = value.as_object().into_iter().flatten().filter(|(name, _)| is_name(name));
        members.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    members(value).into_iter().find_map(|(name, inner)| {
        if is_event(&inner) {
            return Some(name);
        }
        let deeper = members(&inner).into_iter().find(|(_, inner)| is_event(inner));
        deeper.map(|(inner, _)| format!("{name}.{inner}"))
    })
}

fn of_another(source: &str) -> NotAnEvent {
    let named = if is_plain_source(source) {
        format!("the `triggerSource` {source}, which belongs to another trigger")
    } else {
        "a malformed `triggerSource`".to_owned()
    };
    NotAnEvent {
        what: format!("has {named}"),
        hint: Some(
            "replay supports TokenGeneration_.. (pre-token-generation) and PostConfirmation_..".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_is_told_apart_and_never_quoted() {
        let rows = [
            ("", "is empty", None),
            ("{\"a\":", "is not JSON: line 1, column 5", None),
            ("[1]", "is JSON, and not an object", None),
            ("{}{}", "is not JSON", Some("one event at a time")),
            ("2026 INFO {\"triggerSource\":\"x\"}", "is not JSON", Some("a log with an event in it")),
            (r#"{"email":"ana@example.com"}"#, "has no `triggerSource`, so", None),
            (r#"{"message":{"triggerSource":"x"}}"#, "inside `message`", Some("jq '.message ")),
            (r#"{"message":"{\"triggerSource\":\"x\"}"}"#, "inside `message`", Some("fromjson")),
            (r#"{"a":{"event":{"triggerSource":"x"}}}"#, "inside `a.event`", None),
            (r#"{"_aws":{},"reason":"x"}"#, "is the line that a function logs", Some("never log")),
            (
                r#"{"triggerSource":"PreSignUp_SignUp"}"#,
                "has the `triggerSource` PreSignUp_SignUp",
                Some("replay supports"),
            ),
            (r#"{"triggerSource":"ana@example.com"}"#, "has a malformed `triggerSource`", None),
            (r#"{"triggerSource":"PreSignUp_\u001b[2J"}"#, "has a malformed `triggerSource`", None),
            (r#"{"triggerSource":"a","triggerSource":"b"}"#, "stands twice", None),
            (r#"{"triggerSource":7}"#, "has no `triggerSource`", None),
        ];

        for (text, what, hint) in rows {
            let problem = parse(text.as_bytes()).unwrap_err();
            assert!(problem.what.contains(what), "{text}: {}", problem.what);
            assert!(!problem.what.contains("ana@"), "{text}: {}", problem.what);
            if let Some(hint) = hint {
                assert!(problem.hint.as_ref().is_some_and(|said| said.contains(hint)), "{text}: {problem:?}");
            }
        }
        assert_eq!(parse(&[0xff, 0xfe]).unwrap_err().what, "is not UTF-8 text");
    }

    #[test]
    fn an_event_goes_to_its_function_whatever_the_source_is_called_behind_the_prefix() {
        let rows = [
            ("TokenGeneration_Authentication", TriggerKind::PreTokenGeneration),
            ("TokenGeneration_SomethingNew", TriggerKind::PreTokenGeneration),
            ("PostConfirmation_ConfirmSignUp", TriggerKind::PostConfirmation),
        ];

        for (source, expected) in rows {
            let text = format!("\u{feff} {{ \"triggerSource\": \"{source}\", \"n\": 1.0 }}\n");
            let recorded = parse(text.as_bytes()).unwrap();
            assert_eq!(recorded.trigger, expected, "{source}");
            assert_eq!(recorded.event.get(), text.trim_start_matches('\u{feff}').trim(), "its own bytes");
        }
    }
}
