//! What the documents promise, held against the repository.

#[cfg(test)]
mod named_tests;
