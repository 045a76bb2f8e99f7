//! What a request may hold: members, types and limits, as the service's model has them.

use serde_json::{Map, Value};

use super::{error::CognitoError, unknowns};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The members of a structure.
pub(crate) type Members = &'static [(&'static str, Shape)];

/// What a member may be.
pub(crate) enum Shape {
    /// A text of so many characters.
    Text(usize, usize),
    /// A text of 6 characters to so many that has a place for the code, `{####}`.
    CodeText(usize),
    /// A boolean.
    Flag,
    /// A whole number in this range.
    Number(i64, i64),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list of so many at most.
    List(&'static Shape, usize),
    /// Any keys, values of one shape.
    Map(&'static Shape),
    /// These members, each of which may be left out.
    Structure(Members),
}

/// The request without its `null` members, which say nothing, if it is of this shape.
pub(crate) fn checked(members: Members, mut input: Object) -> Result<Object, CognitoError> {
    strip_nulls(&mut input);
    check_members(members, "", &input)?;
    Ok(input)
}

/// Takes a required text out of a request.
pub(crate) fn take_text(input: &mut Object, name: &str) -> Result<String, CognitoError> {
    match input.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(violated("null", &lower_first(name), "Member must not be null")),
    }
}

fn strip_nulls(object: &mut Object) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        if let Value::Object(inner) = value {
            strip_nulls(inner);
        }
    }
}

fn check_members(members: Members, path: &str, object: &Object) -> Result<(), CognitoError> {
    for (name, value) in object {
        let path = join(path, &lower_first(name));
        match members.iter().find(|(known, _)| known == name) {
            Some((_, shape)) => check(shape, &path, value)?,
            None if unknowns::UNKNOWN_MEMBERS_ARE_REFUSED => {
                return Err(unreadable(&path, "there is no such member"));
            }
            None => {}
        }
    }
    Ok(())
}

fn check(shape: &Shape, path: &str, value: &Value) -> Result<(), CognitoError> {
    match (shape, value) {
        (Shape::Text(least, most), Value::String(text)) => check_length(path, text, *least, *most),
        (Shape::CodeText(most), Value::String(text)) => {
            check_length(path, text, 6, *most)?;
            let pattern = r"Member must satisfy regular expression pattern: .*\{####\}.*";
            if text.contains("{####}") { Ok(()) } else { Err(violated(text, path, pattern)) }
        }
        (Shape::Flag, Value::Bool(_)) => Ok(()),
        (Shape::Number(least, most), Value::Number(number)) => {
            let number = number.as_i64().ok_or_else(|| unreadable(path, "not a whole number"))?;
            if number < *least {
                let rule = format!("Member must have value greater than or equal to {least}");
                return Err(violated(&number.to_string(), path, &rule));
            }
            if number > *most {
                let rule = format!("Member must have value less than or equal to {most}");
                return Err(violated(&number.to_string(), path, &rule));
            }
            Ok(())
        }
        (Shape::Choice(choices), Value::String(text)) => {
            if choices.contains(&text.as_str()) {
                return Ok(());
            }
            let rule = format!("Member must satisfy enum value set: [{}]", choices.join(", "));
            Err(violated(text, path, &rule))
        }
        (Shape::List(shape, most), Value::Array(items)) => {
            if items.len() > *most {
                let rule = format!("Member must have length less than or equal to {most}");
                return Err(violated(&value.to_string(), path, &rule));
            }
            let mut members = items.iter().enumerate();
            members.try_for_each(|(i, item)| check(shape, &format!("{path}.{}.member", i + 1), item))
        }
        (Shape::Map(shape), Value::Object(entries)) => {
            entries.iter().try_for_each(|(key, value)| check(shape, &format!("{path}.{key}.member"), value))
        }
        (Shape::Structure(members), Value::Object(object)) => check_members(members, path, object),
        _ => Err(unreadable(path, "a value of another type was expected")),
    }
}

fn check_length(path: &str, text: &str, least: usize, most: usize) -> Result<(), CognitoError> {
    let length = text.chars().count();
    if length < least {
        let rule = format!("Member must have length greater than or equal to {least}");
        return Err(violated(text, path, &rule));
    }
    if length > most {
        let rule = format!("Member must have length less than or equal to {most}");
        return Err(violated(text, path, &rule));
    }
    Ok(())
}

/// A value outside its limits, in the words of the service.
fn violated(value: &str, path: &str, rule: &str) -> CognitoError {
    CognitoError::invalid_parameter(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: {rule}"
    ))
}

/// A request that cannot be read at all.
fn unreadable(path: &str, why: &str) -> CognitoError {
    CognitoError::new("SerializationException", format!("`{path}`: {why}"))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn lower_first(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MEMBERS: Members = &[
        ("Name", Shape::Text(1, 3)),
        ("Message", Shape::CodeText(20)),
        ("Days", Shape::Number(0, 365)),
        ("Tags", Shape::Map(&Shape::Text(0, 2))),
        ("Lists", Shape::List(&Shape::Choice(&["email"]), 1)),
        ("Inner", Shape::Structure(&[("On", Shape::Flag)])),
    ];

    #[test]
    fn what_the_model_does_not_admit_is_refused_with_its_path() {
        let rows = [
            (json!({ "Name": "abc", "Inner": { "On": null } }), None),
            (json!({ "Name": "" }), Some("'name' failed to satisfy")),
            (json!({ "Name": "abcd" }), Some("less than or equal to 3")),
            (json!({ "Message": "no place" }), Some("regular expression")),
            (json!({ "Days": 366 }), Some("less than or equal to 365")),
            (json!({ "Tags": { "k": "abc" } }), Some("'tags.k.member'")),
            (json!({ "Lists": ["e-mail"] }), Some("enum value set: [email]")),
            (json!({ "Lists": ["email", "email"] }), Some("length less than")),
            (json!({ "Inner": { "Off": true } }), Some("`inner.off`: there is no such member")),
            (json!({ "Inner": { "On": "yes" } }), Some("`inner.on`: a value of another type")),
        ];

        for (input, fault) in rows {
            let Value::Object(object) = input.clone() else { panic!("{input}") };
            let refused = checked(MEMBERS, object).err().map(|error| error.message);
            match fault {
                None => assert_eq!(refused, None, "{input}"),
                Some(fault) => {
                    assert!(refused.as_deref().is_some_and(|text| text.contains(fault)), "{refused:?}");
                }
            }
        }
    }
}
