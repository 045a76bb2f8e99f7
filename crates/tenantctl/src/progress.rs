//! How far long work has come, on standard error: a bar on a terminal, else a line now and then.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(20);

/// How far it has come.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    done: u64,
    total: Option<u64>,
    last_line: Instant,
}

impl Progress {
    /// Of `total` things, if that is known; `what` they are, as in "users stamped".
    pub(crate) fn new(what: &'static str, total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let (bar, template) = match total {
                Some(total) => (ProgressBar::new(total), "{bar:30} {pos}/{len} {msg}, {eta} left"),
                None => (ProgressBar::new_spinner(), "{spinner} {pos} {msg}"),
            };
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.with_style(style).with_message(what)
        });
        Self { bar, what, done: 0, total, last_line: Instant::now() }
    }

    /// So many more are done.
    pub(crate) fn advance(&mut self, by: usize) {
        let by = u64::try_from(by).unwrap_or(0);
        self.done = self.done.saturating_add(by);
        if let Some(bar) = &self.bar {
            bar.inc(by);
        } else if self.last_line.elapsed() >= BETWEEN_LINES {
            self.last_line = Instant::now();
            let of = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
            anstream::eprintln!("tenantctl: {}{of} {}", self.done, self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
