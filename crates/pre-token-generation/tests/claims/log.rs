//! What the trigger logs besides its line per call (docs/log-fields.md).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;

use cognito_trigger::{LogEvent, Trigger};
use function::Settings;
use pre_token_generation::{Config, PreTokenGeneration};
use serde_json::{Value, json};
use tenancy::{ClientBindingMode, MembershipStatus, RoleGrant, TenantStatus};

use crate::store::{Store, blocking, event, handled};

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
fn logged(store: &Store, settings: &[(&str, &str)], event: &Value) -> Vec<String> {
    LazyLock::force(&SUBSCRIBER);
    let settings: BTreeMap<_, _> = settings.iter().copied().collect();
    blocking(handled(store, &settings, &event.to_string()));
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

fn member() -> Store {
    Store {
        memberships: vec![("acme".to_owned(), MembershipStatus::Active)],
        tenants: vec![("acme".to_owned(), TenantStatus::Active)],
        ..Store::default()
    }
}

fn sign_in() -> Value {
    event("2", "TokenGeneration_Authentication", false, &[], None)
}

#[test]
fn a_refused_token_is_logged_as_such() {
    let config = Config::read(&mut Settings::new(&|_| None));
    let store = Store::default();

    let trigger = PreTokenGeneration { config: &config, cached: &store, store: &store };

    assert_eq!(trigger.failure_event(), Some(LogEvent::TokenDenied));
}

#[test]
fn an_ordinary_sign_in_logs_nothing_more() {
    assert_eq!(logged(&member(), &[], &sign_in()), Vec::<String>::new());
}

#[test]
fn a_foreign_tenant_is_reported_however_it_is_named() {
    let asked = event("2", "TokenGeneration_Authentication", false, &[], Some("globex"));
    let mut stamped = sign_in();
    stamped["request"]["userAttributes"]["custom:tenantId"] = json!("globex");
    let bound = Store { binding: Some(("globex".to_owned(), ClientBindingMode::Required)), ..member() };
    let attack = |reason: &str| format!("WARN security.cross_tenant {reason}");

    // The line about the invite that was not found says why nobody joined.
    assert!(logged(&member(), &[], &asked).contains(&attack("asked_tenant")));
    assert_eq!(logged(&member(), &[], &stamped), [attack("stamp")]);
    assert!(logged(&bound, &[], &sign_in()).contains(&attack("client_binding")));
}

#[test]
fn a_machine_that_asks_for_the_marker_is_reported() {
    let machine = event("3", "TokenGeneration_ClientCredentials", true, &["tenancy/member"], None);
    let settings = [("MARKER_SCOPE", "tenancy/member")];

    let lines = logged(&Store::default(), &settings, &machine);

    assert_eq!(lines, ["WARN security.cross_tenant marker_requested"]);
}

#[test]
fn an_iam_role_that_is_left_out_and_a_damaged_tenant_are_reported() {
    let iam_role = Some("arn:aws:iam::123456789012:role/app".to_owned());
    let left_out = Store { grant: RoleGrant { groups: Vec::new(), iam_role }, ..member() };
    let damaged = Store {
        memberships: vec![
            ("abandoned".to_owned(), MembershipStatus::Removed),
            ("absent".to_owned(), MembershipStatus::Active),
            ("acme".to_owned(), MembershipStatus::Active),
        ],
        default: Some("abandoned".to_owned()),
        ..member()
    };

    assert_eq!(logged(&left_out, &[], &sign_in()), ["ERROR data.integrity acme"]);
    let allowed = [("IAM_ROLE_ALLOWLIST", "arn:*")];
    assert_eq!(logged(&left_out, &allowed, &sign_in()), Vec::<String>::new());
    let lines = logged(&damaged, &[], &sign_in());
    assert_eq!(lines, ["ERROR data.integrity"], "of the tenant that is passed over");
}

#[test]
fn a_refused_join_is_reported_with_its_reason() {
    let lines = logged(&Store::default(), &[], &sign_in());

    assert_eq!(lines, ["INFO invite.refused no_invite"]);
}

#[test]
fn a_default_that_cannot_be_moved_is_reported_and_the_token_goes_out() {
    let lost = |fails_with| {
        let mut store = Store { default: Some("globex".to_owned()), move_fails_with: fails_with, ..member() };
        store.memberships.push(("globex".to_owned(), MembershipStatus::Removed));
        store
    };

    assert_eq!(logged(&lost(None), &[], &sign_in()), Vec::<String>::new());
    let outdated = logged(&lost(Some("outdated")), &[], &sign_in());
    assert_eq!(outdated, ["WARN acme another call has changed it"]);
    let failed = logged(&lost(Some("down")), &[], &sign_in());
    assert!(failed.len() == 1 && failed[0].ends_with("down"), "{failed:?}");
    let event = sign_in().to_string();
    let hanging = blocking(handled(&lost(Some("hanging")), &BTreeMap::new(), &event));
    assert_eq!(hanging.outcome.told().outcome, "issued", "there is time left for the answer");
    let off = blocking(handled(&lost(Some("hanging")), &[("REDEEM", "off")].into(), &event));
    assert_eq!(off.outcome.told().outcome, "issued");
}
