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
}

fn remember(calls: &mut VecDeque<Instant>, now: Instant) {
    if calls.len() >= CALLS_MAX {
        calls.pop_front();
    }
    calls.push_back(now);
}
