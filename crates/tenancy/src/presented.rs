//! What may come with a request: nothing, something malformed, or a value.

use std::str::FromStr;

/// A value that a request may bring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Presented<T> {
    /// None came. A blank one, from an empty form field, counts as none.
    None,
    /// Something came that cannot be one.
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
