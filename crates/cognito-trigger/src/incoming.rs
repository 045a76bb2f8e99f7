//! Reads an incoming event as far as needed to decide whether the trigger acts on it.

use tenancy::{PoolId, Sub};

use crate::event::{Envelope, Event, Request, Subject, UnreadableEvent};
use crate::failure::Failure;
use crate::outcome::{Handled, Outcome};
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

/// Reads the event if the trigger `acts_on` its source. Otherwise returns how the call ends.
pub fn read<'a>(
    text: &'a str,
    settings: &TriggerSettings,
    acts_on: fn(&str) -> bool,
) -> (Incoming, Result<Event<'a>, Handled>) {
    let mut incoming = Incoming::default();
    let event = open(text, settings, acts_on, &mut incoming);
    if let Ok(Event { request: Request { subject: Subject::User(user), .. }, .. }) = &event {
        incoming.sub = Some(user.sub.clone());
    }
    (incoming, event.map_err(Handled::from))
}

fn open<'a>(
    text: &'a str,
    settings: &TriggerSettings,
    acts_on: fn(&str) -> bool,
    incoming: &mut Incoming,
) -> Result<Event<'a>, Outcome> {
    let failed = |error: UnreadableEvent| Outcome::Failed(error.into());
    let envelope = Envelope::read(text).map_err(failed)?;
    incoming.source = Some(&envelope.trigger_source).filter(|source| is_plain_source(source)).cloned();
    incoming.pool.clone_from(&envelope.pool);
    if !settings.pools.admit(envelope.pool.as_ref()) {
        return Err(Outcome::Failed(Failure::PoolNotAllowed));
    }
    if !acts_on(&envelope.trigger_source) {
        return Err(Outcome::Passed);
    }
    envelope.open(&settings.tenant_attribute).map_err(failed)
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
