//! Time, as an input of the rules.

/// A moment in whole seconds since 1970-01-01T00:00:00Z, as in the table.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(u64);

impl Timestamp {
    #[must_use]
    pub const fn from_epoch_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    #[must_use]
    pub const fn epoch_seconds(self) -> u64 {
        self.0
    }

    /// Saturates at the largest value.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl From<std::time::SystemTime> for Timestamp {
    /// A clock before 1970 gives the epoch itself.
    fn from(moment: std::time::SystemTime) -> Self {
        Self(moment.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Timestamp;

    #[test]
    fn a_moment_is_whole_seconds_and_never_before_the_epoch() {
        let at = |moment| Timestamp::from(moment).epoch_seconds();

        assert_eq!(at(UNIX_EPOCH + Duration::from_millis(7_999)), 7);
        assert_eq!(at(UNIX_EPOCH - Duration::from_secs(1)), 0);
        assert_eq!(Timestamp::from_epoch_seconds(7).plus_seconds(u64::MAX).epoch_seconds(), u64::MAX);
        assert_eq!(
            Timestamp::from_epoch_seconds(1_800_000_000).to_string(),
            "1800000000",
            "as the table has it"
        );
    }
}
