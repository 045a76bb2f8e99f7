//! What a command prints: its answer on standard output, and notes on standard error.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::Ordering;

use serde::Serialize;

use super::Context;
use crate::page::{Page, Show, plain};

impl Context {
    /// Prints it on standard output, in the form that was asked for.
    pub(crate) fn say(&self, what: &(impl Show + ?Sized)) {
        if self.is_json() {
            // Not by way of a text: the document of a large pool is large.
            let mut out = BufWriter::new(Plain(anstream::stdout()));
            let printed = serde_json::to_writer_pretty(&mut out, what).map_err(io::Error::from);
            self.note_printed(printed.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()));
        } else {
            let mut page = Page::new();
            what.show(&mut page);
            self.print(page.text());
        }
    }

    /// Prints one line of JSON, for what goes on and on, or the text.
    pub(crate) fn say_line(&self, document: &impl Serialize, text: &str) {
        if self.is_json() {
            self.print(&format!("{}\n", serde_json::to_string(document).unwrap_or_default()));
        } else {
            self.print(&format!("{text}\n"));
        }
    }

    /// Whoever reads may have seen enough, or the disk may be full: the command ends with 1 then, and goes on to its end.
    pub(crate) fn print(&self, text: &str) {
        let mut out = anstream::stdout();
        self.note_printed(out.write_all(plain(text).as_bytes()).and_then(|()| out.flush()));
    }

    fn note_printed(&self, printed: io::Result<()>) {
        if let Err(error) = printed {
            self.is_unheard.store(true, Ordering::Relaxed);
            if error.kind() != io::ErrorKind::BrokenPipe {
                let _ = writeln!(anstream::stderr(), "tenantctl: could not print the answer: {error}");
            }
        }
    }

    /// Whether a part of the answer could not be printed.
    pub(crate) fn is_unheard(&self) -> bool {
        self.is_unheard.load(Ordering::Relaxed)
    }

    /// Says something on standard error that is no part of the answer.
    pub(crate) fn note(&self, text: &str) {
        let line = if self.is_json() {
            serde_json::json!({ "note": text }).to_string()
        } else {
            let style = crate::page::WARN;
            format!("{style}note{style:#}: {text}")
        };
        let _ = writeln!(anstream::stderr(), "{}", plain(&line));
    }
}

/// Makes plain what is written, one whole text after the other.
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(plain(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
