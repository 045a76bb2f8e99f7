//! A change that an operator plans and can preview. It is written as one transaction, and only if the items that it was
//! planned from have not changed since they were read.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

use crate::item::{Attributes, key_of};
use crate::key::Key;
use crate::write::Write;

/// The writes of one transaction: DynamoDB applies all of them or none.
#[derive(Clone, Debug, Default)]
#[must_use = "a change is only a plan until it is applied"]
pub struct Change {
    steps: Vec<Step>,
}

/// The preview of one item of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedWrite {
    /// `create`, `change`, `delete` or `require`. `require` only checks the item.
    pub action: &'static str,
    pub pk: String,
    pub sk: String,
    /// The item as it was read; `None` if it is new. For `require`, only the attributes that must not change.
    pub before: Option<Map<String, Value>>,
    /// The item after the write; `None` if it is deleted.
    pub after: Option<Map<String, Value>>,
}

/// What a change does to one item, and its condition.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The item must not exist.
    Create(Attributes),
    /// The attributes `guard` must have the values that they have in `before`.
    Update { before: Attributes, set: Values, remove: Vec<&'static str>, guard: Vec<&'static str> },
    /// The attributes `guard` must have the values that they have in `before`. The counters may have other values by the time
    /// of the write: they are changed from these, within `bound`.
    Count { before: Attributes, set: Values, add: Counts, guard: Vec<&'static str>, bound: Option<Bound> },
    /// The attributes `guard` must have the values that they have in `before`.
    Delete { before: Attributes, guard: Vec<&'static str> },
    /// No item may exist under this key.
    RequireNone(Key),
    /// The item is not written. Its attributes `guard` must have the values that they have in `before`.
    Require { before: Attributes, guard: Vec<&'static str> },
}

/// Names and values of attributes, in the order in which they are set.
pub(crate) type Values = Vec<(&'static str, AttributeValue)>;

/// Names of counters, and what is added to each. A missing counter counts as 0.
pub(crate) type Counts = Vec<(&'static str, i64)>;

/// What must hold for a counter before it is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// The first attribute is less than the second.
    Below(&'static str, &'static str),
    /// The attribute is 1 or more.
    Positive(&'static str),
}

impl Change {
    pub(crate) fn of(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// Combines both changes in one transaction.
    pub fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Whether there is nothing to write, because the table already has the requested state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The items of the change, in the order of the transaction.
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
            Self::Count { before, set, add, .. } => {
                let mut after = before.clone();
                after.extend(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
                after.extend(add.iter().map(|(name, by)| ((*name).to_owned(), counted(before, name, *by))));
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
            Self::Count { before, set, add, guard, bound } => {
                let is_set = (0..set.len()).map(|index| format!("#s{index} = :s{index}"));
                let is_added = (0..add.len()).map(|index| format!("#a{index} :a{index}"));
                let clauses = [clause("SET", is_set), clause("ADD", is_added)];
                let mut write = Write::update(key_of(&before), clauses.concat().trim());
                for (index, (name, value)) in set.into_iter().enumerate() {
                    write = write.name(format!("#s{index}"), name).value(format!(":s{index}"), value);
                }
                for (index, (name, by)) in add.into_iter().enumerate() {
                    let by = AttributeValue::N(by.to_string());
                    write = write.name(format!("#a{index}"), name).value(format!(":a{index}"), by);
                }
                let write = unchanged(write, &before, &guard);
                match bound {
                    None => write,
                    Some(Bound::Below(name, limit)) => {
                        write.name("#b0", name).name("#b1", limit).and_when("#b0 < #b1")
                    }
                    Some(Bound::Positive(name)) => {
                        let one = AttributeValue::N("1".to_owned());
                        write.name("#b0", name).value(":b0", one).and_when("#b0 >= :b0")
                    }
                }
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

/// Adds the condition that the item exists, and that each attribute of `guard` has the value that it has in `before`. An
/// attribute that is missing in `before` must still be missing.
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

/// A counter as it will be, if nothing else changes it.
fn counted(before: &Attributes, name: &str, by: i64) -> AttributeValue {
    let now = before.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
    AttributeValue::N(now.unwrap_or(0_i64).saturating_add(by).to_string())
}

/// An item as plain JSON, for people and scripts. A set is a list; binary data is its size, such as `12 bytes`.
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
