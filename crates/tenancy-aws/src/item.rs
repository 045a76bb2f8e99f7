//! Reading an item: every attribute by its type, or the item is damaged. And writing one.
//!
//! What a decision rests on must be there. What is only kept for operators may be missing, but not mistyped.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{Damage, InvalidText, Role, TenantId, Timestamp};

use crate::key::{Key, TENANT_PREFIX};

/// Schema version of every item.
pub(crate) const SCHEMA_VERSION: &str = "1";

/// An item as the SDK has it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// An item that is what its entity type says, of the schema version that this code reads.
pub(crate) struct Item<'a> {
    key: &'a Key,
    attributes: &'a Attributes,
}

impl<'a> Item<'a> {
    /// Takes the item that was found under `key`.
    pub(crate) fn open(key: &'a Key, entity: &str, attributes: &'a Attributes) -> Result<Self, Damage> {
        let item = Self { key, attributes };
        if item.text("et")? != entity {
            return Err(item.damage(format!("`et` is not `{entity}`")));
        }
        match attributes.get("v") {
            Some(AttributeValue::N(version)) if version == SCHEMA_VERSION => Ok(item),
            _ => Err(item.damage(format!("`v` is not the number {SCHEMA_VERSION}"))),
        }
    }

    /// The item is damaged: `problem`, in words that quote no value.
    pub(crate) fn damage(&self, problem: String) -> Damage {
        Damage { key: self.key.to_string(), problem }
    }

    /// A required text.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Damage> {
        self.optional_text(name)?.ok_or_else(|| self.damage(format!("`{name}` is missing")))
    }

    /// A text that may be missing.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.damage(format!("`{name}` is not a string"))),
        }
    }

    /// A required text of a type with rules of its own.
    pub(crate) fn parsed<T: FromStr<Err = InvalidText>>(&self, name: &str) -> Result<T, Damage> {
        self.text(name)?.parse().map_err(|error| self.damage(format!("`{name}`: {error}")))
    }

    /// One of the texts in `choices`, as the value beside it.
    pub(crate) fn one_of<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, Damage> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(choice, _)| *choice == text);
        found.map(|(_, value)| *value).ok_or_else(|| self.damage(format!("`{name}` is none that is known")))
    }

    /// A required whole number, not negative.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Damage> {
        self.optional_number(name)?.ok_or_else(|| self.damage(format!("`{name}` is missing")))
    }

    /// A whole number, not negative, that may be missing.
    pub(crate) fn optional_number(&self, name: &str) -> Result<Option<u64>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => number
                .parse()
                .map(Some)
                .map_err(|_| self.damage(format!("`{name}` is not a whole number from 0 on"))),
            Some(_) => Err(self.damage(format!("`{name}` is not a number"))),
        }
    }

    /// A moment that may be missing.
    pub(crate) fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, Damage> {
        Ok(self.optional_number(name)?.map(Timestamp::from_epoch_seconds))
    }

    /// The attribute `tid`, which must be `expected`, the one in the key.
    pub(crate) fn own_tenant(&self, expected: &TenantId) -> Result<(), Damage> {
        if self.text("tid")? == expected.as_str() {
            Ok(())
        } else {
            Err(self.damage("`tid` is not its key's".to_owned()))
        }
    }

    /// A required flag.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Damage> {
        match self.attributes.get(name) {
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.damage(format!("`{name}` is not a flag"))),
            None => Err(self.damage(format!("`{name}` is missing"))),
        }
    }

    /// A list of roles; none when it is missing.
    pub(crate) fn roles(&self, name: &str) -> Result<Vec<Role>, Damage> {
        match self.attributes.get(name) {
            None => Ok(Vec::new()),
            Some(list) => self.list(name, list),
        }
    }

    /// A map; `None` when it is missing.
    pub(crate) fn optional_map(&self, name: &str) -> Result<Option<&'a Attributes>, Damage> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::M(map)) => Ok(Some(map)),
            Some(_) => Err(self.damage(format!("`{name}` is not a map"))),
        }
    }

    /// A list of texts with rules of their own, standing at `name`.
    pub(crate) fn list<T: FromStr<Err = InvalidText>>(
        &self,
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

/// The tenant that the sort key of an item names.
pub(crate) fn tenant_of_sort_key(attributes: &Attributes) -> Option<TenantId> {
    match attributes.get("sk") {
        Some(AttributeValue::S(sk)) => sk.strip_prefix(TENANT_PREFIX)?.parse().ok(),
        _ => None,
    }
}

/// A new item of `entity` under `key`, with the attributes that every item has.
pub(crate) fn new_item(key: Key, entity: &str) -> Attributes {
    let mut item = key.into_attributes();
    item.insert("et".to_owned(), text(entity));
    item.insert("v".to_owned(), AttributeValue::N(SCHEMA_VERSION.to_owned()));
    item
}

/// A string attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A list of roles as an attribute.
pub(crate) fn role_list(roles: &[Role]) -> AttributeValue {
    AttributeValue::L(roles.iter().map(|role| text(role.as_str())).collect())
}
