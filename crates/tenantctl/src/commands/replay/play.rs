//! The event through the real handler, on a store that only reads.

use std::time::{Duration, SystemTime};

use cognito_trigger::{Handled, Incoming};
use function::Call;
use tenancy_aws::DynamoStore;
use tokio::time::Instant;

use super::input::Recorded;
use super::rehearsal::{Rehearsal, Seen};
use super::triggers::Config;
use crate::failure::Failure;

/// Longer than all that a handler does: a replay is not about the time. The store's own limits hold.
const TIME: Duration = Duration::from_mins(10);

/// What came of an event.
pub(super) struct Played {
    pub(super) incoming: Incoming,
    pub(super) handled: Handled,
    /// What the handler saw and would have written.
    pub(super) seen: Seen,
    /// Calls of the table, all of them reads.
    pub(super) reads: u64,
    /// Their durations, summed.
    pub(super) read_time: Duration,
}

/// Plays the event at the moment `now`.
pub(super) async fn play(
    recorded: &Recorded,
    config: &Config,
    store: DynamoStore,
    now: SystemTime,
) -> Result<Played, Failure> {
    let rehearsal = Rehearsal::new(&store);
    let began = Instant::now();
    let call = Call {
        event: recorded.event.get(),
        request_id: "replay",
        is_cold_start: false,
        now,
        began,
        deadline: began + TIME,
    };
    let (incoming, handled) = config.conclude(&call, &rehearsal).await;
    let (reads, read_time) = store.meter().take();
    // For the explanation alone.
    rehearsal.read_other_tenants().await;
    let seen = rehearsal.end();
    // What was decided without an answer may be another decision than the function's.
    if let Some(error) = seen.unanswered {
        return Err(error.into());
    }
    Ok(Played { incoming, handled, seen, reads, read_time })
}
