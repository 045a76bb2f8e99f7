//! Time of a run.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use tenancy::Timestamp;

/// Microseconds since the begin of the run.
pub(crate) type Tick = u64;

pub(crate) const fn seconds(count: u64) -> Tick {
    count * 1_000_000
}

pub(crate) fn tick() -> Tick {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGAN.get_or_init(Instant::now).elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// As `12.345 s`.
pub(crate) fn shown(tick: Tick) -> String {
    format!("{}.{:03} s", tick / 1_000_000, tick / 1_000 % 1_000)
}

/// The time of day. The functions take it from the machine, too.
#[expect(clippy::disallowed_methods, reason = "the clock enters the program here")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}
