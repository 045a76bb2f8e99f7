//! A pool's description as text and as a JSON value. Requests copy the text, so that numbers, escapes and empty values reach
//! Cognito exactly as Cognito wrote them.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The description of a pool, which is always a JSON object.
#[derive(Clone, Debug)]
pub struct Description {
    text: String,
    value: Value,
}

impl Description {
    /// Reads one; `None` when the text is not a JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        value.is_object().then(|| Self { text: text.trim().to_owned(), value })
    }

    /// The description as a JSON value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The description as Cognito sent it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of each member.
    pub fn members(&self) -> BTreeMap<String, &RawValue> {
        members(&self.text)
    }

    /// Replaces the value. Every part that is equal in both keeps its text.
    #[must_use]
    pub fn saying(&self, value: Value) -> Self {
        Self { text: spliced(&self.text, &value), value }
    }
}

fn members(text: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The text of `wanted`. A value at the same place in `text` that is equal keeps its bytes; the rest is written anew.
pub fn spliced(text: &str, wanted: &Value) -> String {
    if serde_json::from_str::<Value>(text).is_ok_and(|held| held == *wanted) {
        return text.to_owned();
    }
    let Value::Object(wanted) = wanted else { return wanted.to_string() };
    let held = members(text);
    object(wanted.iter().map(|(name, value)| {
        let text = held.get(name).map_or_else(|| value.to_string(), |held| spliced(held.get(), value));
        (name.as_str(), text)
    }))
}

/// An object of members whose values are JSON texts.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let members: Vec<String> =
        members.into_iter().map(|(name, text)| format!("{}:{text}", Value::from(name))).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Values whose text is not the one that a writer of JSON would choose.
    const ODD: &str =
        r#"{"a":1.50,"b":1e2,"c":"\u00e9\/","d":[ 1 , null ],"e":{},"f":123456789012345678901234567890}"#;

    #[test]
    fn what_stays_equal_keeps_its_bytes() {
        let text = format!(r#"{{ "Odd": {ODD}, "Changed": {{ "Odd": {ODD}, "gone": 1, "x": 1 }} }}"#);
        let description = Description::parse(&text).unwrap();
        let mut wanted = description.value().clone();
        let changed = wanted["Changed"].as_object_mut().unwrap();
        changed.remove("gone");
        changed.insert("x".to_owned(), json!(2));
        changed.insert("new".to_owned(), json!({ "y": [] }));

        let after = description.saying(wanted.clone());

        assert_eq!(serde_json::from_str::<Value>(after.text()).unwrap(), wanted);
        assert_eq!(after.members()["Odd"].get(), ODD);
        assert_eq!(members(after.members()["Changed"].get())["Odd"].get(), ODD);
    }

    #[test]
    fn what_is_no_object_is_no_description() {
        for text in ["", "null", "[]", "7", "{", r#"{"a":1}x"#] {
            assert!(Description::parse(text).is_none(), "{text}");
        }
    }
}
