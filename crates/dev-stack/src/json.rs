//! JSON objects: what is in them, and how two become one.

use serde_json::{Map, Value};

/// RFC 7396.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(members), patch @ Value::Object(_)) => merge_members(members, patch),
        (target, Value::Object(patch)) => {
            let mut members = Map::new();
            merge_members(&mut members, Value::Object(patch));
            *target = Value::Object(members);
        }
        (target, patch) => *target = patch,
    }
}

/// The same for the members of an object.
pub(crate) fn merge_members(members: &mut Map<String, Value>, patch: Value) {
    let Value::Object(patch) = patch else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// The members of an object that is written out, without those that are `null`.
pub(crate) fn members(object: Value) -> Map<String, Value> {
    let mut members = Map::new();
    merge_members(&mut members, object);
    members
}

/// A member of members.
pub(crate) fn member<'a>(description: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(description.get(*first)?, |value, name| value.get(*name))
}

/// The texts of a list.
pub(crate) fn texts<'a>(description: &'a Map<String, Value>, path: &[&str]) -> Vec<&'a str> {
    let list = member(description, path).and_then(Value::as_array);
    list.map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// Sets one member of a JSON object.
pub(crate) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}
