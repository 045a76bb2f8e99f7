//! Runs a future to its end, on one runtime for each thread.

use std::time::Duration;

use function::Call;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::pool::now;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(work))
}

/// A call that has a minute.
pub(crate) fn call(event: &str) -> Call<'_> {
    let began = Instant::now();
    let deadline = began + Duration::from_mins(1);
    Call { event, request_id: "request", is_cold_start: false, now: now(), began, deadline }
}
