//! What is different between two descriptions of a pool, as paths.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::members::NOT_COMPARED;
use crate::slots::fold_legacy;
use crate::update::has_temporary_days;

/// One value that is different.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Difference {
    /// Where it stands, as in `LambdaConfig.PostConfirmation`.
    pub path: String,
    /// What it is now; `None` when it is not there.
    pub before: Option<Value>,
    /// What it is to be, or has become; `None` when it is not there.
    pub after: Option<Value>,
}

impl Difference {
    /// The top-level member that it is in.
    pub fn member(&self) -> &str {
        self.path.split(['.', '[']).next().unwrap_or(&self.path)
    }
}

/// What is different, in the order of the paths.
pub fn difference(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), Some(before), Some(after), &mut found);
    found
}

fn walk(path: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let empty = Map::new();
    let members = |value: Option<&'_ Value>| value.is_none_or(Value::is_object);
    if members(before) && members(after) {
        let old = before.and_then(Value::as_object).unwrap_or(&empty);
        let new = after.and_then(Value::as_object).unwrap_or(&empty);
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort();
        names.dedup();
        if !names.is_empty() {
            for name in names {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(inner, old.get(name), new.get(name), found);
            }
            return;
        }
    }
    found.push(Difference { path, before: before.cloned(), after: after.cloned() });
}

/// A description in the one form in which two of the same pool are equal: without what is never compared, without
/// copies of other values, sets in one order. Members without a value stay: they can mean another thing than no member.
pub fn comparable(pool: &Value) -> Value {
    let Value::Object(members) = pool else { return Value::Null };
    let mut members = members.clone();
    members.retain(|name, _| !NOT_COMPARED.contains(&name.as_str()));
    if let Some(Value::Object(lambdas)) = members.get_mut("LambdaConfig") {
        fold_legacy(lambdas);
    }
    if has_temporary_days(&members)
        && let Some(Value::Object(config)) = members.get_mut("AdminCreateUserConfig")
        && config.remove("UnusedAccountValidityDays").is_some()
        && config.is_empty()
    {
        members.remove("AdminCreateUserConfig");
    }
    // An update always names it, so that its absence cannot be told from no triggers.
    members.entry("LambdaConfig").or_insert_with(|| Value::Object(Map::new()));
    settled(Value::Object(members))
}

/// The same for any other document, such as the MFA configuration.
pub fn settled(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, settled(value))).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(settled).collect();
            // No list in a pool's description has an order that means something; a mechanism of recovery has its
            // priority as a member.
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        // 7 and 7.0 are one number on the wire.
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number of that size fits")]
                let whole = float as i64;
                Value::from(whole)
            }
            _ => Value::Number(number),
        },
        value => value,
    }
}

/// A value, or that there is none.
pub fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(none)".to_owned(), plain)
}

/// A text of one line without quotes, anything else as JSON.
pub fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => value.to_string(),
    }
}

/// A text in one line: what somebody else has written must not look like a line of this tool.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One difference a line.
pub fn list(found: &[Difference]) -> String {
    let lines = found
        .iter()
        .map(|d| format!("{}: {} -> {}", d.path, shown(d.before.as_ref()), shown(d.after.as_ref())));
    lines.fold(String::new(), |text, line| text + "\n  " + &line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_says_where_it_is() {
        let before =
            json!({ "Name": "a", "LambdaConfig": { "PreSignUp": "f" }, "Tags": { "x": "1" }, "L": [1, 2] });
        let after = json!({ "Name": "b", "LambdaConfig": { "PostConfirmation": "g" }, "L": [1] });

        let found = difference(&before, &after);

        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
        let shown: Vec<_> =
            found.iter().map(|d| format!("{}: {} -> {}", d.path, text(&d.before), text(&d.after))).collect();
        assert_eq!(
            shown,
            [
                "L: [1,2] -> [1]",
                r#"LambdaConfig.PostConfirmation: none -> "g""#,
                r#"LambdaConfig.PreSignUp: "f" -> none"#,
                r#"Name: "a" -> "b""#,
                r#"Tags.x: "1" -> none"#,
            ]
        );
    }

    #[test]
    fn descriptions_that_mean_the_same_are_the_same() {
        for (what, one, other) in [
            ("the time", json!({ "LastModifiedDate": 1 }), json!({ "LastModifiedDate": 2 })),
            ("the number of users", json!({ "EstimatedNumberOfUsers": 1 }), json!({})),
            (
                "sets",
                json!({ "AutoVerifiedAttributes": ["email", "phone_number"] }),
                json!({ "AutoVerifiedAttributes": ["phone_number", "email"] }),
            ),
            (
                "the legacy key",
                json!({ "LambdaConfig": { "PreTokenGeneration": "f" } }),
                json!({ "LambdaConfig": { "PreTokenGenerationConfig": { "LambdaArn": "f", "LambdaVersion": "V1_0" } } }),
            ),
            (
                "the copy of the days",
                json!({
                    "Policies": { "PasswordPolicy": { "TemporaryPasswordValidityDays": 7 } },
                    "AdminCreateUserConfig": { "UnusedAccountValidityDays": 7 },
                }),
                json!({ "Policies": { "PasswordPolicy": { "TemporaryPasswordValidityDays": 7.0 } } }),
            ),
        ] {
            assert_eq!(comparable(&one), comparable(&other), "{what}");
        }
    }

    #[test]
    fn descriptions_that_mean_something_else_are_different() {
        for (what, one, other) in [
            ("devices", json!({ "DeviceConfiguration": {} }), json!({})),
            ("false", json!({ "UsernameConfiguration": { "CaseSensitive": false } }), json!({})),
            (
                "the event version",
                json!({ "LambdaConfig": { "PreTokenGeneration": "f" } }),
                json!({ "LambdaConfig": { "PreTokenGenerationConfig": { "LambdaArn": "f", "LambdaVersion": "V2_0" } } }),
            ),
            (
                "the old days alone",
                json!({ "AdminCreateUserConfig": { "UnusedAccountValidityDays": 7 } }),
                json!({}),
            ),
            ("an unknown member", json!({ "New": 1 }), json!({})),
            ("an empty text", json!({ "SmsAuthenticationMessage": "" }), json!({})),
            ("null", json!({ "Domain": null }), json!({})),
            ("no tags", json!({ "UserPoolTags": {} }), json!({})),
            ("an empty list in it", json!({ "New": { "Types": [] } }), json!({ "New": {} })),
            ("null in it", json!({ "New": { "Types": null } }), json!({ "New": {} })),
            ("an empty object in it", json!({ "New": { "Types": {} } }), json!({ "New": {} })),
            ("an empty list, not null", json!({ "New": [] }), json!({ "New": null })),
            (
                "a trigger without a function",
                json!({ "LambdaConfig": { "PreTokenGenerationConfig": {} } }),
                json!({ "LambdaConfig": {} }),
            ),
            ("a tag without a value", json!({ "UserPoolTags": { "x": "" } }), json!({})),
        ] {
            assert_ne!(comparable(&one), comparable(&other), "{what}");
        }
    }

    #[test]
    fn what_others_have_written_stays_in_its_line() {
        assert_eq!(plain(&json!("one {####}")), "one {####}");
        assert_eq!(
            plain(&json!("one\nDone. User pool is as planned;")),
            r#""one\nDone. User pool is as planned;""#
        );
        assert_eq!(one_line("production\nDone."), "production Done.");
    }
}
