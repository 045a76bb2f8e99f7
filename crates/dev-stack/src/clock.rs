//! Where time enters the stack.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(crate) fn now_seconds() -> u64 {
    since_epoch().as_secs()
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u128 {
    since_epoch().as_millis()
}

#[expect(clippy::disallowed_methods, reason = "the clock enters the program here")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

fn since_epoch() -> Duration {
    now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
