//! A change that an operator plans: looked at first, then written as one transaction, and only if everything that it was
//! planned from is still as it was read.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

use crate::item::{Attributes, key_of};
use crate::key::Key;
use crate::write::Write;

/// What one transaction writes: all of it or nothing.
#[derive(Clone, Debug, Default)]
#[must_use = "a change is only a plan until it is applied"]
pub struct Change {
    steps: Vec<Step>,
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

/// What a change does with one item, and what must still hold of it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The item must not exist.
    Create(Attributes),
    /// The attributes `guard` must be as they are in `before`.
    Update { before: Attributes, set: Values, remove: Vec<&'static str>, guard: Vec<&'static str> },
    /// The same.
    Delete { before: Attributes, guard: Vec<&'static str> },
    /// There must still be no item under this key.
    RequireNone(Key),
    /// The item stays, and must be as it was read.
    Require { before: Attributes, guard: Vec<&'static str> },
}

/// Attributes in the order in which they are set.
pub(crate) type Values = Vec<(&'static str, AttributeValue)>;

impl Change {
    pub(crate) fn of(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// Both changes in one transaction.
    pub fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Nothing has to be written: everything is already as it was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The items, in the order in which they are written.
    #[must_use]
    pub fn preview(&self) -> Vec<PlannedWrite> {
        self.steps.iter().map(Step::preview).collect()
    }

    pub(crate) fn into_writes(self) -> impl Iterator<Item = Write> {
        self.steps.into_iter().map(Step::into_write)
    }
}

impl Step {
    pub(crate) fn update(before: &Attributes, set: Values, guard: Vec<&'static str>) -> Self {
        Self::Update { before: before.clone(), set, remove: Vec::new(), guard }
    }

    fn preview(&self) -> PlannedWrite {
        let planned = |action, Key { pk, sk }, before, after| PlannedWrite { action, pk, sk, before, after };
        match self {
            Self::Create(item) => planned("create", key_of(item), None, Some(json_item(item))),
            Self::Update { before, set, remove, .. } => {
                let mut after = before.clone();
                after.extend(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
                after.retain(|name, _| !remove.contains(&name.as_str()));
                planned("change", key_of(before), Some(json_item(before)), Some(json_item(&after)))
            }
            Self::Delete { before, .. } => planned("delete", key_of(before), Some(json_item(before)), None),
            Self::RequireNone(key) => planned("require", key.clone(), None, None),
            Self::Require { before, guard } => {
                let kept = guard.iter().filter_map(|name| before.get_key_value(*name));
                let kept: Attributes = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
                planned("require", key_of(before), Some(json_item(&kept)), Some(json_item(&kept)))
            }
        }
    }

    fn into_write(self) -> Write {
        match self {
            Self::Create(item) => Write::create(item),
            Self::Update { before, set, remove, guard } => {
                let is_set = (0..set.len()).map(|index| format!("#s{index} = :s{index}"));
                let is_removed = (0..remove.len()).map(|index| format!("#r{index}"));
                let clauses = [clause("SET", is_set), clause("REMOVE", is_removed)];
                let mut write = Write::update(key_of(&before), clauses.concat().trim());
                for (index, (name, value)) in set.into_iter().enumerate() {
                    write = write.name(format!("#s{index}"), name).value(format!(":s{index}"), value);
                }
                for (index, name) in remove.into_iter().enumerate() {
                    write = write.name(format!("#r{index}"), name);
                }
                unchanged(write, &before, &guard)
            }
            Self::Delete { before, guard } => unchanged(Write::delete(key_of(&before)), &before, &guard),
            Self::RequireNone(key) => Write::check_none(key),
            Self::Require { before, guard } => unchanged(Write::check(key_of(&before)), &before, &guard),
        }
    }
}

fn clause(verb: &str, parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { String::new() } else { format!("{verb} {} ", parts.join(", ")) }
}

/// On the condition that the item exists, and that the attributes `guard` are what they were, or still missing.
fn unchanged(write: Write, before: &Attributes, guard: &[&'static str]) -> Write {
    let mut clauses = vec!["attribute_exists(#pk)".to_owned()];
    let mut write = write.name("#pk", "pk");
    for (index, name) in guard.iter().enumerate() {
        write = write.name(format!("#g{index}"), name);
        clauses.push(match before.get(*name) {
            Some(value) => {
                write = write.value(format!(":g{index}"), value.clone());
                format!("#g{index} = :g{index}")
            }
            None => format!("attribute_not_exists(#g{index})"),
        });
    }
    write.when(clauses.join(" AND "))
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
