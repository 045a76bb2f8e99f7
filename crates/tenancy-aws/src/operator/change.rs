//! A change that an operator plans: looked at first, then written as one transaction, and only if everything that it was
//! planned from is still as it was read.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use serde_json::{Map, Value};

use crate::item::Attributes;

/// What one transaction writes: all of it or nothing.
#[derive(Clone, Debug, Default)]
#[must_use = "a change is only a plan until it is applied"]
pub struct Change {
    writes: Vec<Write>,
}

/// One item of a change, as it would be written.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedWrite {
    /// `create`, `change`, `delete`, or `require`: the item is only looked at.
    pub action: &'static str,
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
    /// The item as it was read; `None` when it is new. Of a required item only what must hold.
    pub before: Option<Map<String, Value>>,
    /// The item afterwards; `None` when it is deleted.
    pub after: Option<Map<String, Value>>,
}

/// A write of one item, with the condition under which it was planned.
#[derive(Clone, Debug)]
pub(super) enum Write {
    /// The item must not exist.
    Create(Attributes),
    /// The attributes `guard` must be as they are in `before`.
    Update {
        before: Attributes,
        set: Vec<(&'static str, AttributeValue)>,
        remove: Vec<&'static str>,
        guard: Vec<&'static str>,
    },
    /// The same.
    Delete { before: Attributes, guard: Vec<&'static str> },
    /// There must still be no item under this key.
    RequireNone(Attributes),
    /// The item stays, and must be as it was read.
    Require { before: Attributes, guard: Vec<&'static str> },
}

impl Change {
    pub(super) fn of(writes: Vec<Write>) -> Self {
        Self { writes }
    }

    /// Both changes in one transaction.
    pub fn and(mut self, other: Self) -> Self {
        self.writes.extend(other.writes);
        self
    }

    pub(super) fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    /// Nothing has to be written: everything is already as it was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// The items, in the order in which they are written.
    #[must_use]
    pub fn preview(&self) -> Vec<PlannedWrite> {
        self.writes.iter().map(Write::preview).collect()
    }

    pub(super) fn into_transaction(self, table: &str) -> Result<Vec<TransactWriteItem>, BuildError> {
        self.writes.into_iter().map(|write| write.into_item(table)).collect()
    }
}

impl Write {
    fn preview(&self) -> PlannedWrite {
        let planned = |action, item: &Attributes, before, after| PlannedWrite {
            action,
            pk: key_text(item, "pk"),
            sk: key_text(item, "sk"),
            before,
            after,
        };
        match self {
            Self::Create(item) => planned("create", item, None, Some(json_item(item))),
            Self::Update { before, set, remove, .. } => {
                let mut after = before.clone();
                after.extend(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
                after.retain(|name, _| !remove.contains(&name.as_str()));
                planned("change", before, Some(json_item(before)), Some(json_item(&after)))
            }
            Self::Delete { before, .. } => planned("delete", before, Some(json_item(before)), None),
            Self::RequireNone(key) => planned("require", key, None, None),
            Self::Require { before, guard } => {
                let kept = guard.iter().filter_map(|name| before.get_key_value(*name));
                let kept: Attributes = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
                planned("require", before, Some(json_item(&kept)), Some(json_item(&kept)))
            }
        }
    }

    fn into_item(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let item = TransactWriteItem::builder();
        Ok(match self {
            Self::Create(attributes) => {
                let put = Put::builder().table_name(table).set_item(Some(attributes));
                item.put(put.condition_expression("attribute_not_exists(pk)").build()?)
            }
            Self::Update { before, set, remove, guard } => {
                let condition = Condition::holding(&before, &guard);
                let mut update = Update::builder()
                    .table_name(table)
                    .set_key(Some(key_of(&before)))
                    .condition_expression(condition.expression)
                    .set_expression_attribute_names(Some(condition.names))
                    .set_expression_attribute_values(condition.values);
                let mut clauses = Vec::new();
                for (index, (name, value)) in set.into_iter().enumerate() {
                    update = update.expression_attribute_names(format!("#s{index}"), name);
                    update = update.expression_attribute_values(format!(":s{index}"), value);
                    clauses.push(format!("#s{index} = :s{index}"));
                }
                let mut expression =
                    if clauses.is_empty() { String::new() } else { format!("SET {}", clauses.join(", ")) };
                let mut removed = Vec::new();
                for (index, name) in remove.into_iter().enumerate() {
                    update = update.expression_attribute_names(format!("#r{index}"), name);
                    removed.push(format!("#r{index}"));
                }
                if !removed.is_empty() {
                    expression = format!("{expression} REMOVE {}", removed.join(", "));
                }
                item.update(update.update_expression(expression.trim()).build()?)
            }
            Self::Delete { before, guard } => {
                let condition = Condition::holding(&before, &guard);
                let delete = Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_of(&before)))
                    .condition_expression(condition.expression)
                    .set_expression_attribute_names(Some(condition.names))
                    .set_expression_attribute_values(condition.values);
                item.delete(delete.build()?)
            }
            Self::RequireNone(key) => {
                let check = ConditionCheck::builder().table_name(table).set_key(Some(key));
                item.condition_check(check.condition_expression("attribute_not_exists(pk)").build()?)
            }
            Self::Require { before, guard } => {
                let condition = Condition::holding(&before, &guard);
                let check = ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key_of(&before)))
                    .condition_expression(condition.expression)
                    .set_expression_attribute_names(Some(condition.names))
                    .set_expression_attribute_values(condition.values);
                item.condition_check(check.build()?)
            }
        }
        .build())
    }
}

/// That an item exists, and that some of its attributes are what they were, or still missing.
struct Condition {
    expression: String,
    names: HashMap<String, String>,
    /// `None` when there are none: DynamoDB takes no empty map.
    values: Option<Attributes>,
}

impl Condition {
    fn holding(before: &Attributes, guard: &[&'static str]) -> Self {
        let mut clauses = vec!["attribute_exists(#pk)".to_owned()];
        let mut names = HashMap::from([("#pk".to_owned(), "pk".to_owned())]);
        let mut values = Attributes::new();
        for (index, name) in guard.iter().enumerate() {
            names.insert(format!("#g{index}"), (*name).to_owned());
            clauses.push(match before.get(*name) {
                Some(value) => {
                    values.insert(format!(":g{index}"), value.clone());
                    format!("#g{index} = :g{index}")
                }
                None => format!("attribute_not_exists(#g{index})"),
            });
        }
        Self { expression: clauses.join(" AND "), names, values: (!values.is_empty()).then_some(values) }
    }
}

fn key_of(item: &Attributes) -> Attributes {
    item.iter()
        .filter(|(name, _)| matches!(name.as_str(), "pk" | "sk"))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}

fn key_text(item: &Attributes, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// An item as plain JSON, for people and scripts to look at: sets as lists, bytes as their number.
fn json_item(item: &Attributes) -> Map<String, Value> {
    item.iter().map(|(name, value)| (name.clone(), json(value))).collect()
}

fn json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::from(text.as_str()),
        AttributeValue::N(number) => {
            serde_json::from_str(number).unwrap_or_else(|_| Value::from(number.as_str()))
        }
        AttributeValue::Bool(flag) => Value::from(*flag),
        AttributeValue::L(list) => list.iter().map(json).collect(),
        AttributeValue::M(map) => Value::Object(json_item(map)),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(String::as_str).collect(),
        AttributeValue::B(bytes) => Value::from(format!("{} bytes", bytes.as_ref().len())),
        _ => Value::Null,
    }
}
