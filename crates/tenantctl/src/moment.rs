//! A moment, as it is shown.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use tenancy::Timestamp;

/// A moment: RFC 3339 in JSON and by `Display`, UTC; to the minute on pages.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Moment {
    pub(crate) fn minute(self) -> String {
        let text = self.to_string();
        match text.split_once('T') {
            Some((date, time)) => format!("{date} {}", time.get(..5).unwrap_or_default()),
            None => text,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Later than the year 9999, which a hand-made item may say.
        const LAST: u64 = 253_402_300_799;
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.epoch_seconds().min(LAST));
        humantime::format_rfc3339_seconds(moment).fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_exact_for_scripts_and_short_for_people() {
        let moment = Moment(Timestamp::from_epoch_seconds(1_800_000_000));

        assert_eq!(serde_json::json!(moment), "2027-01-15T08:00:00Z");
        assert_eq!(moment.minute(), "2027-01-15 08:00");
        assert_eq!(Moment(Timestamp::from_epoch_seconds(u64::MAX)).minute(), "9999-12-31 23:59");
    }
}
