//! What functions write, kept for tests and optionally shown.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::broadcast,
};

/// Lines that a slow reader of [`Lambda::log_lines`](crate::Lambda::log_lines) may be behind.
pub(super) const BACKLOG: usize = 1_024;

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogLine {
    pub function: String,
    /// The line, without its end.
    pub text: String,
}

const LINES_MAX: usize = 10_000;

/// The last lines of one function, of all its environments.
pub(super) struct Logs {
    function: String,
    echo: bool,
    readers: broadcast::Sender<LogLine>,
    lines: Mutex<VecDeque<String>>,
}

impl Logs {
    pub(super) fn new(function: &str, echo: bool, readers: broadcast::Sender<LogLine>) -> Self {
        Self { function: function.to_owned(), echo, readers, lines: Mutex::default() }
    }

    /// Reads `stream` to its end in the background.
    pub(super) fn follow(self: &Arc<Self>, stream: Option<impl AsyncRead + Send + Unpin + 'static>) {
        let Some(stream) = stream else { return };
        let logs = Arc::clone(self);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                logs.push(line);
            }
        });
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, line: String) {
        if self.echo {
            eprintln!("[{}] {line}", self.function);
        }
        // Nobody has to read it.
        let _ = self.readers.send(LogLine { function: self.function.clone(), text: line.clone() });
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}
