//! Recorded events (`fixtures/`) in, replies out, and the whole path on the local stack: see `tests/end_to_end`.
