use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};
use tenancy_aws::written_again;

type Attributes = HashMap<String, AttributeValue>;

/// An item of the table, in DynamoDB's JSON.
///
/// - An item that is read, and written as a new item, is read as the same: nothing that decides is lost or changed.
/// - That new item, read and written again, is itself.
/// - Why an item is damaged quotes no value.
pub fn item(data: &[u8]) {
    let Ok(Value::Object(object)) = serde_json::from_slice(data) else { return };
    let Some(item) = attributes(&object) else { return };
    let first = match written_again(&item) {
        Ok(Some(again)) => again,
        Ok(None) => return,
        Err(damage) => {
            assert!(!damage.problem.contains("canary"), "{object:?}: {damage}");
            return;
        }
    };
    let second = written_again(&first.item).unwrap_or_else(|damage| panic!("{object:?} {first:?}: {damage}"));
    let second = second.unwrap_or_else(|| panic!("{object:?} {first:?}: not read again"));
    assert_eq!(second.read, first.read, "{object:?}");
    assert_eq!(second.item, first.item, "{object:?}");
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
