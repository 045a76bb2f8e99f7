//! The clock enters here.

use std::time::SystemTime;

use tenancy::Timestamp;

#[expect(clippy::disallowed_methods, reason = "the clock enters here")]
pub(crate) fn system() -> SystemTime {
    SystemTime::now()
}

/// The time, in the table's form.
pub(crate) fn now() -> Timestamp {
    Timestamp::from(system())
}
