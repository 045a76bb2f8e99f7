//! What functions write, kept for tests and optionally shown.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Lines kept per function.
const LINES_MAX: usize = 10_000;

/// The last lines of one function, of all its environments.
pub(super) struct Logs {
    function: String,
    echo: bool,
    lines: Mutex<VecDeque<String>>,
}

impl Logs {
    pub(super) fn new(function: &str, echo: bool) -> Self {
        Self { function: function.to_owned(), echo, lines: Mutex::default() }
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
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}
