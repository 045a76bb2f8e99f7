//! What the tokens carry, on an in-memory store.

#[cfg(test)]
mod marker;
