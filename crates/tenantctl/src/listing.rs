//! A list of what the table has, and the items that could not be read.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use tenancy::Damage;

use crate::failure::Found;
use crate::page::{BAD, Page, Show, styled};

/// One of a list.
pub(crate) trait Entry: Serialize + Sized {
    /// What the list is called in JSON.
    const NAME: &'static str;

    fn show_all(entries: &[Self], page: &mut Page);
}

pub(crate) struct Listing<T> {
    pub(crate) entries: Vec<T>,
    damaged: Vec<String>,
}

impl<T> Listing<T> {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), damaged: Vec::new() }
    }

    /// Takes an item that was read, as `view` gives it; `None` is one that was not asked for.
    pub(crate) fn add<R>(&mut self, read: Result<R, Damage>, view: impl FnOnce(R) -> Option<T>) {
        match read {
            Ok(record) => self.entries.extend(view(record)),
            Err(damage) => self.damaged.push(damage.to_string()),
        }
    }

    /// The same list of other entries.
    pub(crate) fn with<U>(self, view: impl FnOnce(Vec<T>) -> Vec<U>) -> Listing<U> {
        Listing { entries: view(self.entries), damaged: self.damaged }
    }

    pub(crate) fn found(&self) -> Found {
        if self.damaged.is_empty() { Found::Nothing } else { Found::Problems }
    }
}

impl<T: Entry> Serialize for Listing<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(T::NAME, &self.entries)?;
        map.serialize_entry("damaged", &self.damaged)?;
        map.end()
    }
}

impl<T: Entry> Show for Listing<T> {
    fn show(&self, page: &mut Page) {
        T::show_all(&self.entries, page);
        for damage in &self.damaged {
            page.paragraph(0, &styled(BAD, damage));
        }
    }
}
