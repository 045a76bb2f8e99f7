//! A value that a request may bring: missing, malformed or valid.

use std::str::FromStr;

/// An optional value of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Presented<T> {
    /// Missing. A blank text, as from an empty form field, counts as missing.
    None,
    /// Present, but malformed.
    Malformed,
    Given(T),
}

impl<T: FromStr> Presented<T> {
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        if raw.trim().is_empty() { Self::None } else { raw.parse().map_or(Self::Malformed, Self::Given) }
    }
}

impl<T> Presented<T> {
    #[must_use]
    pub fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::None | Self::Malformed => None,
        }
    }
}
