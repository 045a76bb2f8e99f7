//! The event through the real handler, on a store that only reads.

use std::time::{Duration, SystemTime};

use cognito_trigger::{Answer, Call, PublicError, Report, TriggerFailure};
use pre_token_generation::Mode;
use serde_json::value::RawValue;
use tenancy_aws::DynamoStore;
use tokio::time::Instant;

use super::input::Recorded;
use super::rehearsal::{Rehearsal, Seen};
use super::settings::Config;
use crate::failure::Failure;

/// Longer than all that a handler does: a replay is not about the time. The store's own limits hold.
const TIME: Duration = Duration::from_mins(10);

/// What came of an event.
pub(super) struct Played {
    /// What goes back to Cognito.
    pub(super) reply: Reply,
    /// Why it was refused, or would have been but for observe mode.
    pub(super) failure: Option<TriggerFailure>,
    /// What the handler reports.
    pub(super) report: Report,
    /// What it saw and would have written.
    pub(super) seen: Seen,
    /// Calls of the table, all of them reads.
    pub(super) reads: u64,
    /// Their durations, summed.
    pub(super) read_time: Duration,
}

/// What goes back to Cognito.
pub(super) enum Reply {
    /// The event, as it came.
    Untouched,
    /// The event with another `response`.
    Event(Box<RawValue>),
    /// An error.
    Error(PublicError),
}

/// Plays the event at the moment `now`.
///
/// # Errors
///
/// [`Failure`] when the store gave no answer: that says nothing about the user.
pub(super) async fn play(
    recorded: &Recorded,
    config: &Config,
    store: DynamoStore,
    now: SystemTime,
) -> Result<Played, Failure> {
    let rehearsal = Rehearsal::new(store);
    let call = Call { event: &recorded.event, request_id: "replay", now, deadline: Instant::now() + TIME };
    let mut report = Report::default();
    let (answer, denial_event, observes) = match config {
        Config::PreTokenGeneration(config) => {
            let answer = pre_token_generation::handle(config, &call, &rehearsal, &mut report).await;
            (answer, Some("token.denied"), config.mode == Mode::Observe)
        }
        Config::PostConfirmation(config) => {
            let answer = post_confirmation::handle(config, &call, &rehearsal, &rehearsal, &mut report).await;
            (answer, None, false)
        }
    };
    let (seen, reads, read_time) = rehearsal.end();
    // What was decided without an answer may be another decision than the function's.
    if let Some(error) = seen.unanswered {
        return Err(error.into());
    }
    let (reply, failure) = match answer {
        Ok(Answer::Untouched) => (Reply::Untouched, None),
        Ok(Answer::Event(event)) => (Reply::Event(event), None),
        Err(failure) => {
            report.note_failure(&failure, denial_event);
            if observes {
                report.outcome = "observed";
                (Reply::Untouched, Some(failure))
            } else {
                (Reply::Error(failure.public), Some(failure))
            }
        }
    };
    Ok(Played { reply, failure, report, seen, reads, read_time })
}
