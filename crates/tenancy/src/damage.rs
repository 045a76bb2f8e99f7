//! An item of the store that cannot be right.

/// An item that cannot be what it claims to be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("damaged item {key}: {problem}")]
pub struct Damage {
    /// The item's key, hashes cut short.
    pub key: String,
    /// What is wrong with it; names attributes, quotes none of their values.
    pub problem: String,
}
