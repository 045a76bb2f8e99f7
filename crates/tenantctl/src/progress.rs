//! How far long work has come, on standard error: a bar on a terminal, else a line now and then.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

/// Time without an answer, after which a bar appears.
const BEFORE_BAR: Duration = Duration::from_secs(1);

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(20);

/// How far it has come.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    done: u64,
    total: Option<u64>,
    /// When something was last said.
    last: Instant,
}

impl Progress {
    /// Of `total` things, if that is known; `what` they are, as in "users stamped".
    pub(crate) fn new(what: &'static str, total: Option<u64>) -> Self {
        Self { bar: None, what, done: 0, total, last: Instant::now() }
    }

    /// So many more are done.
    pub(crate) fn advance(&mut self, by: usize) {
        self.done = self.done.saturating_add(u64::try_from(by).unwrap_or(0));
        if std::io::stderr().is_terminal() {
            if self.bar.is_none() && self.last.elapsed() >= BEFORE_BAR {
                self.bar = Some(self.new_bar());
            }
            if let Some(bar) = &self.bar {
                bar.set_position(self.done);
            }
        } else if self.last.elapsed() >= BETWEEN_LINES {
            self.last = Instant::now();
            let of = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
            anstream::eprintln!("tenantctl: {}{of} {}", self.done, self.what);
        }
    }

    /// Takes the bar off the terminal, for what is printed there. It comes back after a second without an answer.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.last = Instant::now();
    }

    fn new_bar(&self) -> ProgressBar {
        let (bar, template) = match self.total {
            Some(total) => (ProgressBar::new(total), "{bar:30} {pos}/{len} {msg}, {eta} left"),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} {msg}"),
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.with_style(style).with_message(self.what)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
