//! Reads an incoming event as far as needed to decide whether the trigger acts on it.

use tenancy::{PoolId, Sub};

use crate::event::{Envelope, Event, Subject, UnreadableEvent};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::settings::TriggerSettings;

/// What the log line can say about a call, also when the trigger does not act.
#[derive(Debug, Default)]
pub struct Incoming {
    /// `None` when it is not a plain text of at most 64 letters, digits and `_`.
    pub source: Option<String>,
    pub pool: Option<PoolId>,
    /// The user, if the trigger acts on the event.
    pub sub: Option<Sub>,
}

impl Incoming {
    /// Reads the event if the trigger `acts_on` its source, and keeps what the log line says. Otherwise returns how the call
    /// ends.
    ///
    /// # Errors
    ///
    /// [`Outcome`]: passed, an event that cannot be read, or a pool that is not allowed.
    pub fn read<'a>(
        &mut self,
        text: &'a str,
        settings: &TriggerSettings,
        acts_on: impl Fn(&str) -> bool,
    ) -> Result<Event<'a>, Outcome> {
        let failed = |error: UnreadableEvent| Outcome::Failed(error.into());
        let envelope = Envelope::read(text).map_err(failed)?;
        self.source = Some(&envelope.trigger_source).filter(|source| is_plain_source(source)).cloned();
        self.pool.clone_from(&envelope.pool);
        if !settings.pools.admit(envelope.pool.as_ref()) {
            return Err(Outcome::Failed(Failure::PoolNotAllowed));
        }
        if !acts_on(&envelope.trigger_source) {
            return Err(Outcome::Passed);
        }
        let event = envelope.open(&settings.tenant_attribute).map_err(failed)?;
        if let Subject::User(user) = &event.request.subject {
            self.sub = Some(user.sub.clone());
        }
        Ok(event)
    }
}

/// Whether a text can be logged as a trigger source. Events can contain any text.
#[must_use]
pub fn is_plain_source(source: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=64).contains(&source.len()) && source.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_trigger_source_is_not_logged() {
        assert!(is_plain_source("PostConfirmation_ConfirmSignUp"));
        for source in ["", "ana@example.com", "a b", &"x".repeat(65)] {
            assert!(!is_plain_source(source), "{source}");
        }
    }
}
