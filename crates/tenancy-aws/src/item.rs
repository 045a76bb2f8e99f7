//! Reading an item: every attribute by its type, or the item is damaged. And making one.
//!
//! What a decision rests on must be there. What is only kept for operators may be missing, but not mistyped.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{Damage, InvalidText, Role, TenantId, Timestamp};

use crate::key::{Key, TENANT_PREFIX};

/// Schema version of every item.
const SCHEMA_VERSION: &str = "1";

/// An item as the SDK has it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// An item that is what its entity type says, of the schema version that this code reads.
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

    /// The item is damaged: `problem`, in words that quote no value.
    pub(crate) fn damage(self, problem: String) -> Damage {
        Damage { key: key_of(self.attributes).to_string(), problem }
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str, Damage> {
        self.optional_text(name)?.ok_or_else(|| self.damage(format!("`{name}` is missing")))
    }

    /// A text that may be missing.
    pub(crate) fn optional_text(self, name: &str) -> Result<Option<&'a str>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.damage(format!("`{name}` is not a string"))),
        }
    }

    /// A required text of a type with rules of its own.
    pub(crate) fn parsed<T: FromStr<Err = InvalidText>>(self, name: &str) -> Result<T, Damage> {
        self.text(name)?.parse().map_err(|error| self.damage(format!("`{name}`: {error}")))
    }

    /// The same, of a text that may be missing.
    pub(crate) fn optional_parsed<T: FromStr<Err = InvalidText>>(
        self,
        name: &str,
    ) -> Result<Option<T>, Damage> {
        self.optional_text(name)?.map(|_| self.parsed(name)).transpose()
    }

    /// The one of `choices` that is called what the text says.
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

    /// A required whole number, not negative.
    pub(crate) fn number(self, name: &str) -> Result<u64, Damage> {
        self.optional_number(name)?.ok_or_else(|| self.damage(format!("`{name}` is missing")))
    }

    /// A whole number, not negative, that may be missing.
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

    /// A moment that may be missing.
    pub(crate) fn optional_time(self, name: &str) -> Result<Option<Timestamp>, Damage> {
        Ok(self.optional_number(name)?.map(Timestamp::from_epoch_seconds))
    }

    /// Checks that a text is `expected`, which the key says.
    pub(crate) fn as_in_key(self, name: &str, expected: &str) -> Result<(), Damage> {
        if self.text(name)? == expected {
            return Ok(());
        }
        Err(self.damage(format!("`{name}` differs from the item's key")))
    }

    /// A required flag.
    pub(crate) fn flag(self, name: &str) -> Result<bool, Damage> {
        match self.attributes.get(name) {
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.damage(format!("`{name}` is not a boolean"))),
            None => Err(self.damage(format!("`{name}` is missing"))),
        }
    }

    /// A list of roles; none when it is missing.
    pub(crate) fn roles(self, name: &str) -> Result<Vec<Role>, Damage> {
        match self.attributes.get(name) {
            None => Ok(Vec::new()),
            Some(list) => self.list(name, list),
        }
    }

    /// A map; `None` when it is missing.
    pub(crate) fn optional_map(self, name: &str) -> Result<Option<&'a Attributes>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::M(map)) => Ok(Some(map)),
            Some(_) => Err(self.damage(format!("`{name}` is not a map"))),
        }
    }

    /// A list of texts with rules of their own, standing at `name`.
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

/// The key of an item that was read.
pub(crate) fn key_of(attributes: &Attributes) -> Key {
    let part = |name| text_of(attributes, name).unwrap_or_default();
    Key::new(part("pk"), part("sk"))
}

/// An attribute that is a text, if it is: for what decides nothing.
pub(crate) fn text_of<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// The tenant that the sort key of an item names.
pub(crate) fn tenant_of_sort_key(attributes: &Attributes) -> Option<TenantId> {
    text_of(attributes, "sk")?.strip_prefix(TENANT_PREFIX)?.parse().ok()
}

/// A new item of `entity` under `key`: `attributes`, and those that every item has.
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

/// What every item of `entity` says of itself.
pub(crate) fn kind(entity: &str) -> [(&'static str, AttributeValue); 2] {
    [("et", text(entity)), ("v", AttributeValue::N(SCHEMA_VERSION.to_owned()))]
}

/// The keys by which the operators' index lists an item.
pub(crate) fn index_keys(
    partition: impl Into<String>,
    sort: impl Into<String>,
) -> [(&'static str, AttributeValue); 2] {
    [("gsi1pk", text(partition)), ("gsi1sk", text(sort))]
}

/// The version that an item is written with when it is changed.
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
