//! JSON objects: what is in them, and how two become one.

use serde_json::{Map, Value};

/// Applies a merge patch (RFC 7396): objects are merged, `null` takes a member away, anything else replaces.
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

/// [`merge`], of an object.
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

/// The member at the end of `path`.
pub(crate) fn member<'a>(description: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(description.get(*first)?, |value, name| value.get(*name))
}

/// The texts of the list at the end of `path`; none where there is no list.
pub(crate) fn texts<'a>(description: &'a Map<String, Value>, path: &[&str]) -> Vec<&'a str> {
    let list = member(description, path).and_then(Value::as_array);
    list.map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

pub(crate) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}
