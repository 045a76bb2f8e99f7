//! Reads and builds items. An item is damaged if a required attribute is missing, or if any attribute that is read has the
//! wrong type. Attributes that a decision needs are required; attributes that only operators see are optional.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{Damage, InvalidText, Role, TenantId, Timestamp};

use crate::key::{Key, TENANT_PREFIX};

/// Schema version of every item.
const SCHEMA_VERSION: &str = "1";

/// An item in the SDK's form.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// An item whose entity type (`et`) and schema version (`v`) were checked.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    attributes: &'a Attributes,
}

impl<'a> Item<'a> {
    pub(crate) fn open(entity: &str, attributes: &'a Attributes) -> Result<Self, Damage> {
        let item = Self { attributes };
        if item.text("et")? != entity {
            return Err(item.damage(format!("`et` is not `{entity}`")));
        }
        match attributes.get("v") {
            Some(AttributeValue::N(version)) if version == SCHEMA_VERSION => Ok(item),
            _ => Err(item.damage(format!("`v` is not the number {SCHEMA_VERSION}"))),
        }
    }

    /// The error for this item. `problem` must not quote a value.
    pub(crate) fn damage(self, problem: String) -> Damage {
        Damage { key: key_of(self.attributes).to_string(), problem }
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str, Damage> {
        self.optional_text(name)?.ok_or_else(|| self.damage(format!("`{name}` is missing")))
    }

    pub(crate) fn optional_text(self, name: &str) -> Result<Option<&'a str>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.damage(format!("`{name}` is not a string"))),
        }
    }

    /// A required text, parsed by the rules of its type.
    pub(crate) fn parsed<T: FromStr<Err = InvalidText>>(self, name: &str) -> Result<T, Damage> {
        self.text(name)?.parse().map_err(|error| self.damage(format!("`{name}`: {error}")))
    }

    pub(crate) fn optional_parsed<T: FromStr<Err = InvalidText>>(
        self,
        name: &str,
    ) -> Result<Option<T>, Damage> {
        self.optional_text(name)?.map(|_| self.parsed(name)).transpose()
    }

    /// The choice whose name equals the required text. `called` tells the name of a choice.
    pub(crate) fn one_of<T: Copy>(
        self,
        name: &str,
        choices: &[T],
        called: fn(T) -> &'static str,
    ) -> Result<T, Damage> {
        let text = self.text(name)?;
        let found = choices.iter().copied().find(|choice| called(*choice) == text);
        found.ok_or_else(|| self.damage(format!("`{name}` is not a known value")))
    }

    pub(crate) fn number(self, name: &str) -> Result<u64, Damage> {
        self.optional_number(name)?.ok_or_else(|| self.damage(format!("`{name}` is missing")))
    }

    pub(crate) fn optional_number(self, name: &str) -> Result<Option<u64>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => number
                .parse()
                .map(Some)
                .map_err(|_| self.damage(format!("`{name}` is not a whole number of 0 or more"))),
            Some(_) => Err(self.damage(format!("`{name}` is not a number"))),
        }
    }

    /// An optional time, in seconds since the epoch.
    pub(crate) fn optional_time(self, name: &str) -> Result<Option<Timestamp>, Damage> {
        Ok(self.optional_number(name)?.map(Timestamp::from_epoch_seconds))
    }

    /// Checks that a required text is `expected`, the value in the item's key.
    pub(crate) fn as_in_key(self, name: &str, expected: &str) -> Result<(), Damage> {
        if self.text(name)? == expected {
            return Ok(());
        }
        Err(self.damage(format!("`{name}` differs from the item's key")))
    }

    /// A required boolean.
    pub(crate) fn flag(self, name: &str) -> Result<bool, Damage> {
        match self.attributes.get(name) {
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.damage(format!("`{name}` is not a boolean"))),
            None => Err(self.damage(format!("`{name}` is missing"))),
        }
    }

    /// An optional boolean; `false` if the attribute is missing.
    pub(crate) fn optional_flag(self, name: &str) -> Result<bool, Damage> {
        if self.attributes.contains_key(name) { self.flag(name) } else { Ok(false) }
    }

    /// A list of texts; empty if the attribute is missing.
    pub(crate) fn optional_list<T: FromStr<Err = InvalidText>>(self, name: &str) -> Result<Vec<T>, Damage> {
        self.attributes.get(name).map_or_else(|| Ok(Vec::new()), |list| self.list(name, list))
    }

    /// A list of roles; empty if the attribute is missing.
    pub(crate) fn roles(self, name: &str) -> Result<Vec<Role>, Damage> {
        self.optional_list(name)
    }

    pub(crate) fn optional_map(self, name: &str) -> Result<Option<&'a Attributes>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::M(map)) => Ok(Some(map)),
            Some(_) => Err(self.damage(format!("`{name}` is not a map"))),
        }
    }

    /// Parses `value` as a list of texts. `name` is the attribute to name in an error.
    pub(crate) fn list<T: FromStr<Err = InvalidText>>(
        self,
        name: &str,
        value: &AttributeValue,
    ) -> Result<Vec<T>, Damage> {
        let AttributeValue::L(values) = value else {
            return Err(self.damage(format!("`{name}` is not a list")));
        };
        let parse = |value: &AttributeValue| match value {
            AttributeValue::S(text) => {
                text.parse().map_err(|error| self.damage(format!("`{name}`: {error}")))
            }
            _ => Err(self.damage(format!("`{name}` has an element that is not a string"))),
        };
        values.iter().map(parse).collect()
    }
}

pub(crate) fn key_of(attributes: &Attributes) -> Key {
    let part = |name| text_of(attributes, name).unwrap_or_default();
    Key::new(part("pk"), part("sk"))
}

/// An optional text; `None` also if the type is wrong. Only for attributes that no decision needs.
pub(crate) fn text_of<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

pub(crate) fn tenant_of_sort_key(attributes: &Attributes) -> Option<TenantId> {
    text_of(attributes, "sk")?.strip_prefix(TENANT_PREFIX)?.parse().ok()
}

/// A new item with `attributes`, the key, the entity type and the schema version.
pub(crate) fn new_item(
    key: Key,
    entity: &str,
    attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>,
) -> Attributes {
    let mut item = key.into_attributes();
    item.extend(kind(entity).map(|(name, value)| (name.to_owned(), value)));
    item.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
    item
}

/// The entity type and schema version, which every item has.
pub(crate) fn kind(entity: &str) -> [(&'static str, AttributeValue); 2] {
    [("et", text(entity)), ("v", AttributeValue::N(SCHEMA_VERSION.to_owned()))]
}

/// The keys of an item in the operators' index.
pub(crate) fn index_keys(
    partition: impl Into<String>,
    sort: impl Into<String>,
) -> [(&'static str, AttributeValue); 2] {
    [("gsi1pk", text(partition)), ("gsi1sk", text(sort))]
}

/// The attribute `ver` for the next change of `item`: one more, or 1 if it is missing or malformed.
pub(crate) fn next_version(item: &Attributes) -> (&'static str, AttributeValue) {
    let version = item.get("ver").and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
    ("ver", number(version.unwrap_or(0_u64).saturating_add(1)))
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn time(moment: Timestamp) -> AttributeValue {
    number(moment.epoch_seconds())
}

pub(crate) fn role_list(roles: &[Role]) -> AttributeValue {
    AttributeValue::L(roles.iter().map(|role| text(role.as_str())).collect())
}
