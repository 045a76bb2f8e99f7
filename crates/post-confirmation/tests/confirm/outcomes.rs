use memory::{Fault, Part, invite, membership, parsed};
use post_confirmation::{Config, Uninvited};
use serde_json::{Value, json};
use tenancy::join::JoinOutcome;
use tenancy::{Invite, Membership, MembershipStatus, ProviderBinding, Stamp};

use crate::store::{CODE, ana, attributes, event, handled, stamps, store};

#[test]
fn a_code_joins_its_tenant_and_the_user_is_stamped() {
    let store = store();

    let (_, handled) = handled(&store, &[], &event(Some(CODE)));

    assert_eq!(handled.outcome.told().outcome, "joined");
    assert_eq!(handled.tenant.as_ref().map(tenancy::TenantId::as_str), Some("acme"), "the log line names it");
    assert!(matches!(handled.notes.join_outcome(), Some(JoinOutcome::Joined(_))), "the metrics count it");
    assert_eq!(stamps(&store), [("acme".to_owned(), Stamp::Done)]);
    assert_eq!(attributes(&store), ["eu-west-1_AbCdEf123 ana acme"]);
    assert_eq!((store.done().joins, store.done().marks), (1, 1));
    assert!(handled.stamp.is_some() && !handled.is_stamp_deferred);
}

#[test]
fn a_repeated_call_finds_the_membership_and_writes_the_stamp_that_was_missing() {
    let store = store();
    let pending = Membership { stamp: Stamp::Pending, ..membership("globex", MembershipStatus::Active) };
    store.table().users.entry(ana()).or_default().memberships.push(pending);

    let (_, handled) = handled(&store, &[], &event(None));

    assert_eq!(handled.outcome.told().outcome, "already_joined");
    assert_eq!(handled.tenant.as_ref().map(tenancy::TenantId::as_str), Some("globex"));
    assert_eq!(stamps(&store), [("globex".to_owned(), Stamp::Done)]);
    assert_eq!(attributes(&store), ["eu-west-1_AbCdEf123 ana globex"]);
}

#[test]
fn who_is_not_invited_is_refused_or_admitted_as_the_setting_says() {
    let told = |settings: &[(&str, &str)]| {
        let (_, handled) = handled(&store(), settings, &event(None));
        (handled.outcome.told().outcome, handled.outcome.told().reason)
    };

    assert_eq!(told(&[]), ("denied", Some("no_invite")));
    assert_eq!(told(&[("UNINVITED", "refuse")]), ("denied", Some("no_invite")));
    assert_eq!(told(&[("UNINVITED", "admit")]), ("admitted", Some("no_invite")));
}

#[test]
fn only_a_confirmed_sign_up_is_acted_upon() {
    let outcome = |change: fn(&mut Value)| {
        let mut event = event(Some(CODE));
        change(&mut event);
        let (incoming, handled) = handled(&store(), &[], &event);
        (handled.outcome.told().outcome, handled.outcome.told().reason, incoming.sub.is_some())
    };

    let reset = |event: &mut Value| event["triggerSource"] = json!("PostConfirmation_ConfirmForgotPassword");
    assert_eq!(outcome(reset), ("passed", None, false));
    assert_eq!(outcome(|_| ()), ("joined", None, true));
    let nobody = |event: &mut Value| event["request"]["userAttributes"] = json!({});
    assert_eq!(outcome(nobody), ("unavailable", Some("event_invalid"), false));
}

/// A user confirms in the moment in which the provider sends the address.
#[test]
fn an_address_that_a_trusted_provider_asserts_opens_the_invite_for_it() {
    let joins = |is_email_trusted| {
        let store = store();
        let binding = ProviderBinding {
            tenant: parsed("acme"),
            joins: false,
            default_roles: Vec::new(),
            is_email_trusted,
        };
        store.table().providers.insert((ana().pool, parsed("Okta")), binding);
        let bound = Invite { email: Some(parsed("ana@corp.example")), ..invite(&parsed(CODE), "acme") };
        store.table().put_invite(bound);
        let mut event = event(None);
        let identity =
            json!([{ "userId": "1", "providerName": "Okta", "providerType": "SAML", "primary": true }]);
        event["request"]["userAttributes"] = json!({
            "sub": "sub-1", "email": "ana@corp.example", "cognito:user_status": "EXTERNAL_PROVIDER",
            "identities": identity.to_string(),
        });
        (handled(&store, &[], &event).1.outcome.told().outcome, stamps(&store).len())
    };

    assert_eq!(joins(true), ("joined", 1));
    assert_eq!(joins(false), ("denied", 0));
}

#[test]
fn only_pools_of_the_setting_may_call() {
    let (_, handled) = handled(&store(), &[("USER_POOL_IDS", "eu-west-1_Other")], &event(Some(CODE)));

    assert_eq!(handled.outcome.told().reason, Some("pool_not_allowed"));
}

#[test]
fn a_stamp_that_cannot_be_written_is_deferred_and_the_user_is_told_nothing() {
    for fault in [Fault::Fails("throttled"), Fault::Hangs] {
        let store = store();
        store.table().fault = Some((Part::UserPool, fault));

        let (_, handled) = handled(&store, &[], &event(Some(CODE)));

        assert_eq!(
            (handled.outcome.told().outcome, handled.is_stamp_deferred),
            ("joined", true),
            "{fault:?}"
        );
        assert_eq!(stamps(&store), [("acme".to_owned(), Stamp::Pending)], "{fault:?}");
    }
}

#[test]
fn the_function_starts_with_a_table_and_its_settings() {
    let lookup = |name: &str| match name {
        "TENANCY_TABLE" => Some("tenancy".to_owned()),
        "UNINVITED" => Some("admit".to_owned()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("invented".to_owned()),
        _ => None,
    };

    let (config, table, _) = Config::of_function(&lookup).unwrap();
    let told = Config::of_function(&|_| None).err().unwrap().to_string();

    assert_eq!((config.uninvited, table.as_str()), (Uninvited::Admit, "tenancy"));
    assert!(told.contains("TENANCY_TABLE is not set"), "{told}");
}
