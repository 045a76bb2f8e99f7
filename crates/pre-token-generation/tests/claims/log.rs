//! What the trigger logs besides its line per call (docs/log-fields.md).

use std::collections::BTreeMap;

use cognito_trigger::{LogEvent, Trigger};
use function::Settings;
use memory::{Fault, Part, Store};
use pre_token_generation::{Config, PreTokenGeneration};
use serde_json::{Value, json};
use tenancy::{ClientBindingMode, MembershipStatus, TenantId, TenantStatus};

use crate::store::{acme, ana, bind, blocking, event, grant, handled, member, store};

fn logged(store: &Store, settings: &[(&str, &str)], event: &Value) -> Vec<String> {
    let settings: BTreeMap<_, _> = settings.iter().copied().collect();
    memory::logged(|| drop(blocking(handled(store, &settings, &event.to_string()))))
}

fn sign_in() -> Value {
    event("2", "TokenGeneration_Authentication", false, &[], None)
}

#[test]
fn a_refused_token_is_logged_as_such() {
    let config = Config::read(&mut Settings::new(&|_| None));
    let store: Store = Store::default();

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
    let bound = member();
    bind(&bound, "globex", ClientBindingMode::Required);
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
    let left_out = member();
    grant(&left_out, 0, Some("arn:aws:iam::123456789012:role/app"));
    let damaged = store(
        &[("acme", TenantStatus::Active)],
        &[
            ("abandoned", MembershipStatus::Removed),
            ("absent", MembershipStatus::Active),
            ("acme", MembershipStatus::Active),
        ],
    );
    set_default(&damaged, "abandoned");

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

fn set_default(store: &Store, tenant: &str) {
    store.table().users.entry(ana()).or_default().profile.default_tenant = Some(tenant.parse().unwrap());
}

fn default_of(store: &Store) -> Option<TenantId> {
    store.table().users[&ana()].profile.default_tenant.clone()
}

/// Ana's default is `globex`, of which she is no longer a member, so a token falls back to `acme`.
fn falls_back() -> Store {
    let memberships = [("acme", MembershipStatus::Active), ("globex", MembershipStatus::Removed)];
    let store = store(&[("acme", TenantStatus::Active)], &memberships);
    set_default(&store, "globex");
    store
}

#[test]
fn a_default_that_cannot_be_moved_is_reported_and_the_token_goes_out() {
    let fails = |fault| {
        let store = falls_back();
        store.table().fault = Some((Part::Defaults, fault));
        store
    };
    let (moved, overtaken, failed) = (falls_back(), falls_back(), fails(Fault::Fails("down")));
    overtaken.table().overtaken = 1;

    assert_eq!(logged(&moved, &[], &sign_in()), Vec::<String>::new());
    assert_eq!(logged(&overtaken, &[], &sign_in()), ["WARN acme another call has changed it"]);
    let lines = logged(&failed, &[], &sign_in());
    assert!(lines.len() == 1 && lines[0].ends_with("down"), "{lines:?}");
    let globex = Some("globex".parse().unwrap());
    assert_eq!([&moved, &overtaken, &failed].map(default_of), [Some(acme()), globex.clone(), globex.clone()]);
    let event = sign_in().to_string();
    let hanging = blocking(handled(&fails(Fault::Hangs), &BTreeMap::new(), &event));
    assert_eq!(hanging.outcome.told().outcome, "issued", "there is time left for the answer");
    let off = falls_back();
    let told = blocking(handled(&off, &[("REDEEM", "off")].into(), &event)).outcome.told().outcome;
    assert_eq!((told, default_of(&off)), ("issued", globex), "nothing is written");
}
