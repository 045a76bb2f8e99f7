//! What a test logs. Each test has a thread of its own, and so has its lines.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use serde_json::Value;

use crate::parsed;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

static SUBSCRIBER: LazyLock<()> = LazyLock::new(|| {
    tracing_subscriber::fmt().json().with_writer(|| ThisThread).init();
});

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that a call logs: of each its level, and its fields `event`, `reason`, `tenantId` and `cause` if it has them.
pub fn logged(call: impl FnOnce()) -> Vec<String> {
    LazyLock::force(&SUBSCRIBER);
    LINES.take();
    call();
    let text = LINES.take();
    let line = |line: &str| {
        let line: Value = parsed(line);
        let fields =
            ["event", "reason", "tenantId", "cause"].map(|name| line.pointer(&format!("/fields/{name}")));
        let told = line.get("level").into_iter().chain(fields.into_iter().flatten());
        told.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    String::from_utf8_lossy(&text).lines().map(line).collect()
}
