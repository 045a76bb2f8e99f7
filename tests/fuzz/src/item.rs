use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};
use tenancy_aws::written_again;

type Attributes = HashMap<String, AttributeValue>;

/// Attributes of an item that a new item of the same record has in its own way, and keys, which can differ in an item that
/// only an index lists.
const OWN: [&str; 9] = ["pk", "sk", "gsi1pk", "gsi1sk", "email", "ver", "createdAt", "method", "stamp"];

/// An item of the table, in DynamoDB's JSON.
///
/// - An item that is read, and written as a new item, is read again, and gives the same new item: nothing that decides is
///   lost or changed.
/// - The texts of the new item are those of the item.
/// - Why an item is damaged quotes no value.
pub fn item(data: &[u8]) {
    let Ok(Value::Object(object)) = serde_json::from_slice(data) else { return };
    let Some(item) = attributes(&object) else { return };
    let again = match written_again(&item) {
        Ok(Some(again)) => again,
        Ok(None) => return,
        Err(damage) => {
            assert!(!damage.problem.contains("canary"), "{object:?}: {damage}");
            return;
        }
    };
    let twice = written_again(&again).unwrap_or_else(|damage| panic!("{object:?} {again:?}: {damage}"));
    assert_eq!(twice.as_ref(), Some(&again), "{object:?}");
    for (name, value) in &again {
        let is_new = OWN.contains(&name.as_str())
            || (name == "status" && ["member", "invite"].map(text).contains(item.get("et").expect("a kind")));
        if let (AttributeValue::S(_), Some(before @ AttributeValue::S(_)), false) =
            (value, item.get(name), is_new)
        {
            assert_eq!(value, before, "{name}: {object:?}");
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn attributes(object: &Map<String, Value>) -> Option<Attributes> {
    object.iter().map(|(name, value)| Some((name.clone(), attribute(value)?))).collect()
}

/// `None` if the JSON is not DynamoDB's.
fn attribute(value: &Value) -> Option<AttributeValue> {
    let mut kinds = value.as_object()?.iter();
    let (Some((kind, value)), None) = (kinds.next(), kinds.next()) else { return None };
    Some(match (kind.as_str(), value) {
        ("S", Value::String(value)) => AttributeValue::S(value.clone()),
        ("N", Value::String(value)) => AttributeValue::N(value.clone()),
        ("BOOL", Value::Bool(value)) => AttributeValue::Bool(*value),
        ("NULL", Value::Bool(value)) => AttributeValue::Null(*value),
        ("SS", Value::Array(values)) => AttributeValue::Ss(
            values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        ),
        ("L", Value::Array(values)) => {
            AttributeValue::L(values.iter().map(attribute).collect::<Option<_>>()?)
        }
        ("M", Value::Object(values)) => AttributeValue::M(attributes(values)?),
        _ => return None,
    })
}
