//! Looks values up in the JSON text of an event, and leaves the text unchanged. A value of an unexpected type is the caller's
//! decision, not a failure of the whole event.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The entries of a JSON object, in order. The values are slices of the object's own text.
#[derive(Clone, Debug)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A name occurs more than once in an object, so its value is ambiguous.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ambiguous;

impl<'a> Object<'a> {
    /// `None` when `text` is not a JSON object.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Stands for a missing object.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// The value called `name`, which can be `null`.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`].
    pub fn value(&self, name: &str) -> Result<Option<&'a RawValue>, Ambiguous> {
        let mut found = self.0.iter().filter(|(entry, _)| entry == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Ambiguous),
            (found, None) => Ok(found.map(|(_, value)| *value)),
        }
    }

    /// The value called `name`; `None` when it is missing or `null`.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`].
    pub fn present(&self, name: &str) -> Result<Option<&'a RawValue>, Ambiguous> {
        Ok(self.value(name)?.filter(|value| value.get() != "null"))
    }

    /// The object called `name`; an empty one when it is missing or of another type.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`].
    pub fn object(&self, name: &str) -> Result<Object<'a>, Ambiguous> {
        Ok(self.value(name)?.and_then(|value| Object::read(value.get())).unwrap_or(Object::empty()))
    }

    /// The text called `name`; `None` when it is missing or of another type.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`].
    pub fn text(&self, name: &str) -> Result<Option<String>, Ambiguous> {
        Ok(self.value(name)?.and_then(text))
    }

    /// All entries, in order. A name can occur more than once.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The text of a JSON string; `None` when `value` has another type or a lone surrogate.
#[must_use]
pub fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(16);
                while let Some(Name(name)) = map.next_key()? {
                    entries.push((name, map.next_value()?));
                }
                Ok(Object(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// A name, borrowed unless it has escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_name_and_a_name_that_stands_twice_is_ambiguous() {
        let object =
            Object::read(r#"{"a":"x","n":null,"o":{"b":1},"twice":1,"twice":2,"esc\u0061pe":"y"}"#).unwrap();
        let raw = |name| object.value(name).map(|value| value.map(RawValue::get));

        assert_eq!(raw("a").unwrap(), Some("\"x\""));
        assert_eq!((raw("missing").unwrap(), raw("n").unwrap()), (None, Some("null")));
        assert!(raw("twice").is_err() && object.text("twice").is_err() && object.object("twice").is_err());
        assert!(object.present("n").unwrap().is_none() && object.present("a").unwrap().is_some());
        assert_eq!(object.text("a").unwrap().as_deref(), Some("x"));
        assert_eq!(object.text("escape").unwrap().as_deref(), Some("y"));
        assert_eq!((object.text("o").unwrap(), object.text("missing").unwrap()), (None, None));
        assert_eq!(object.object("o").unwrap().value("b").unwrap().map(RawValue::get), Some("1"));
        assert!(object.object("a").unwrap().is_empty() && !object.object("o").unwrap().is_empty());
        let names: Vec<&str> = object.entries().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "n", "o", "twice", "twice", "escape"]);
    }

    #[test]
    fn only_an_object_is_read() {
        for text in ["[]", "1", "null", "{", "", "{\"a\":}"] {
            assert!(Object::read(text).is_none(), "{text}");
        }
        assert!(Object::read("{}").unwrap().is_empty());
    }
}
