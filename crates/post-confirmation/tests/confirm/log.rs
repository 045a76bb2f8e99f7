//! What the trigger logs besides its line per call (docs/log-fields.md).

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::store::{CODE, Store, event, handled};

thread_local! {
    /// What was logged in this thread; each test has one.
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

/// The level and some fields of each line that a call logs.
fn logged(store: &Store, event: &Value) -> Vec<String> {
    LazyLock::force(&SUBSCRIBER);
    drop(handled(store, &[], event));
    let text = String::from_utf8(LINES.take()).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let fields = ["event", "reason", "tenantId", "cause"].map(|name| line["fields"][name].as_str());
        let fields: Vec<&str> =
            line["level"].as_str().into_iter().chain(fields.into_iter().flatten()).collect();
        fields.join(" ")
    };
    text.lines().map(line).collect()
}

#[test]
fn an_attribute_that_names_a_foreign_tenant_is_reported() {
    let mut stamped = event(Some(CODE));
    stamped["request"]["userAttributes"]["custom:tenantId"] = json!("globex");
    let mut own = event(Some(CODE));
    own["request"]["userAttributes"]["custom:tenantId"] = json!("acme");

    assert_eq!(logged(&Store::default(), &stamped), ["WARN security.cross_tenant stamp"]);
    assert_eq!(logged(&Store::default(), &own), Vec::<String>::new());
}

#[test]
fn a_deferred_stamp_is_reported_with_its_cause() {
    let fails = |cause| Store { stamp_fails_with: Some(cause), ..Store::default() };
    let mut nameless = event(Some(CODE));
    nameless["userName"] = json!("");

    let throttled = "WARN stamp.deferred acme could not write the tenant attribute: throttled";
    assert_eq!(logged(&fails("throttled"), &event(Some(CODE))), [throttled]);
    let hanging = logged(&fails("hanging"), &event(Some(CODE)));
    assert_eq!(hanging, ["WARN stamp.deferred acme no time was left"]);
    let nameless = logged(&Store::default(), &nameless);
    assert!(nameless.len() == 1 && nameless[0].starts_with("WARN stamp.deferred acme "), "{nameless:?}");
}
