//! The quota of user updates, which is off unless a test sets it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::error::CognitoError;

/// Calls that are remembered.
const CALLS_MAX: usize = 100_000;

/// The calls of `AdminUpdateUserAttributes` and `AdminDeleteUserAttributes`, of all pools together.
#[derive(Debug, Default)]
pub(super) struct UserUpdates(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    per_second: Option<u32>,
    arrived: VecDeque<Instant>,
    admitted: VecDeque<Instant>,
}

impl UserUpdates {
    /// Admits so many calls within any second; `None`, as a stack begins: all.
    pub(super) fn limit(&self, per_second: Option<u32>) {
        self.with(|calls| calls.per_second = per_second);
    }

    /// When the last calls arrived, refused ones too, oldest first.
    pub(super) fn arrived(&self) -> Vec<Instant> {
        self.with(|calls| calls.arrived.iter().copied().collect())
    }

    /// The most calls that arrived within any one second.
    pub(super) fn peak(&self) -> usize {
        self.with(|calls| calls.peak())
    }

    /// Counts one call, and refuses it above the quota.
    pub(super) fn admit(&self) -> Result<(), CognitoError> {
        if self.with(|calls| calls.admit(Instant::now())) {
            return Ok(());
        }
        Err(CognitoError::new("TooManyRequestsException", "Too many requests"))
    }

    fn with<T>(&self, action: impl FnOnce(&mut Calls) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Calls {
    fn admit(&mut self, now: Instant) -> bool {
        remember(&mut self.arrived, now);
        let Some(per_second) = self.per_second else { return true };
        self.admitted.retain(|call| now.duration_since(*call) < Duration::from_secs(1));
        if self.admitted.len() >= usize::try_from(per_second).unwrap_or(usize::MAX) {
            return false;
        }
        remember(&mut self.admitted, now);
        true
    }

    fn peak(&self) -> usize {
        let within = |(place, first): (usize, &Instant)| {
            let rest = self.arrived.iter().skip(place);
            rest.take_while(|call| call.duration_since(*first) < Duration::from_secs(1)).count()
        };
        self.arrived.iter().enumerate().map(within).max().unwrap_or_default()
    }
}

fn remember(calls: &mut VecDeque<Instant>, now: Instant) {
    if calls.len() >= CALLS_MAX {
        calls.pop_front();
    }
    calls.push_back(now);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_above_the_quota_of_any_second_are_refused_and_counted() {
        let begin = Instant::now();
        let mut calls = Calls { per_second: Some(2), ..Calls::default() };

        let admitted =
            [0, 400, 999, 1_000, 1_399, 1_400].map(|ms| calls.admit(begin + Duration::from_millis(ms)));

        assert_eq!(admitted, [true, true, false, true, false, true]);
        assert_eq!(calls.arrived.len(), 6, "the refused ones too");
        assert_eq!(calls.peak(), 4, "from 400 to 1399 ms");
    }

    #[test]
    fn without_a_quota_all_calls_are_admitted() {
        let mut calls = Calls::default();
        let now = Instant::now();

        assert!((0..30).all(|_| calls.admit(now)));
        assert_eq!(calls.peak(), 30);
    }
}
