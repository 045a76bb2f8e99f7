//! Lines that `cargo prove` (tests/prove) collects from these tests and prints as tables. They have tabs between their fields.

use std::time::{Duration, Instant};

use dev_stack::Invocation;

use super::World;

/// An answer, and what it took.
pub(crate) struct Answered {
    pub(crate) invocation: Invocation,
    pub(crate) took: Duration,
}

impl World {
    pub(crate) async fn timed(&self, function: &str, event: impl AsRef<[u8]>) -> Answered {
        let began = Instant::now();
        let invocation = self.invoke(function, event).await;
        Answered { invocation, took: began.elapsed() }
    }
}

impl Answered {
    /// The text of the error, or `ok`.
    pub(crate) fn text(&self) -> &str {
        match &self.invocation {
            Invocation::Ok(_) => "ok",
            Invocation::FunctionError(error) => &error.error_message,
            Invocation::TimedOut(_) => "took longer than the bound",
            Invocation::Exited(_) => "the process died",
        }
    }
}

/// One row of docs/failure-matrix.md: how long the answer took, how many requests it cost, what it was, and what the next call
/// told.
pub(crate) fn fault(function: &str, row: &str, (took, requests): (Duration, usize), text: &str, next: &str) {
    println!("fault\t{function}\t{row}\t{}\t{requests}\t{next}\t{text}", took.as_millis());
}

/// Credentials as Lambda gives them, planted: no function may print them.
pub(crate) const CREDENTIALS: [(&str, &str); 2] =
    [("AWS_SECRET_ACCESS_KEY", "canary-secret-access-key"), ("AWS_SESSION_TOKEN", "canary-session-token")];

/// What a program printed, and that none of the planted texts is in it.
pub(crate) fn canaries(program: &str, printed: &str, planted: usize) {
    println!("canary\t{program}\t{}\t{planted}", printed.lines().count());
}
