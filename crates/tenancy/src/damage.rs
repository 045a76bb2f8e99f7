//! A damaged item of the table.

/// An item that breaks the rules of its type.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("damaged item {key}: {problem}")]
pub struct Damage {
    /// The item's key, with hashes cut to 8 digits.
    pub key: String,
    /// What is wrong. It names attributes and never quotes their values.
    pub problem: String,
}
