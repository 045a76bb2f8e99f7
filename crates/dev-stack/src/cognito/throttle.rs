//! The quota of user updates, which is off unless a test sets it.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Cognito, error::CognitoError};

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

impl Cognito {
    /// Admits so many calls of `AdminUpdateUserAttributes` and `AdminDeleteUserAttributes` within any second, of
    /// all pools together as the account's quota does, and refuses others with `TooManyRequestsException`.
    /// `None`, as a stack begins: all.
    pub fn limit_user_updates(&self, per_second: Option<u32>) {
        self.user_update_calls().with(|calls| calls.per_second = per_second);
    }

    /// When the last 100,000 of these calls arrived, refused ones too, oldest first.
    #[must_use]
    pub fn user_updates(&self) -> Vec<Instant> {
        self.user_update_calls().with(|calls| calls.arrived.iter().copied().collect())
    }

    /// The most of [`Cognito::user_updates`] that arrived within any one second.
    #[must_use]
    pub fn user_updates_peak(&self) -> usize {
        let arrived = self.user_updates();
        let within = |(place, first): (usize, &Instant)| {
            let rest = arrived.iter().skip(place);
            rest.take_while(|call| call.duration_since(*first) < Duration::from_secs(1)).count()
        };
        arrived.iter().enumerate().map(within).max().unwrap_or_default()
    }

    /// Counts one call, and refuses it above the quota.
    pub(super) fn admit_user_update(&self) -> Result<(), CognitoError> {
        let admitted = self.user_update_calls().with(|calls| calls.admit(Instant::now()));
        if admitted {
            return Ok(());
        }
        Err(CognitoError::new("TooManyRequestsException", "Too many requests"))
    }
}

impl UserUpdates {
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
