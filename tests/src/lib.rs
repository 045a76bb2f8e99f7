//! Recorded events (`fixtures/`) in, replies out, and the whole path on the local stack: see `tests/end_to_end`. The library has
//! what `cargo prove` needs as well.

pub mod dynamodb;
pub mod faults;
pub mod http;
