//! Explanations, from what the handler saw.

use std::collections::BTreeMap;
use std::sync::Arc;

use cognito_trigger::{Envelope, Failure, TriggerSettings};
use function::Settings;
use serde_json::json;
use serde_json::value::RawValue;
use tenancy::join::{JoinRefusal, JoinReport, RefusedOffer, Way};
use tenancy::sign_in::Notes;
use tenancy::sign_in::Refusal;
use tenancy::{ClientBinding, ClientBindingMode, Profile, Stamp, Tenant};

use super::*;
use crate::commands::replay::rehearsal::Seen;

fn tenant(id: &str) -> TenantId {
    id.parse().unwrap()
}

fn records(memberships: &[(&str, MembershipStatus)], default: Option<&str>) -> UserRecords {
    let memberships = memberships.iter().map(|(id, status)| Membership {
        tenant: tenant(id),
        roles: Vec::new(),
        status: *status,
        stamp: Stamp::Done,
        version: 1,
        joined_at: None,
    });
    UserRecords {
        memberships: memberships.collect(),
        profile: Profile { default_tenant: default.map(tenant) },
    }
}

fn explain(refusal: Refusal, metadata: &serde_json::Value, seen: &Seen, notes: &Notes) -> Explanation {
    let event = json!({
        "triggerSource": "TokenGeneration_Authentication", "userPoolId": "eu-west-1_AbCdEf123",
        "callerContext": { "clientId": "client" },
        "request": { "userAttributes": { "sub": "ana" }, "clientMetadata": metadata },
    });
    let event = RawValue::from_string(event.to_string()).unwrap();
    let event = Envelope::read(event.get()).unwrap().open("custom:tenantId").unwrap();
    let settings = TriggerSettings::read(&mut Settings::new(&|_| None));
    let case = Case { event: Some(&event), seen, notes, is_fresh: true, settings: &settings };
    refused(&Failure::from(refusal).told(), case)
}

#[test]
fn every_refusal_is_explained_from_what_the_handler_saw() {
    use MembershipStatus::{Active, Removed, Suspended};
    let bound = || Some(ClientBinding { tenant: tenant("acme"), mode: ClientBindingMode::Required });
    let none = json!(null);
    let asked = json!({ "tenantId": "globex" });
    let nonsense = json!({ "tenantId": "NO" });
    let rows = [
        (
            Refusal::WrongTenant,
            &asked,
            records(&[], None),
            None,
            "asks for globex, and the user is no member",
        ),
        (Refusal::WrongTenant, &asked, records(&[("globex", Removed)], None), None, "was removed"),
        (Refusal::WrongTenant, &nonsense, records(&[], None), None, "no tenant's id"),
        (
            Refusal::WrongTenant,
            &asked,
            records(&[], None),
            bound(),
            "bound to acme, and the request asks for globex",
        ),
        (
            Refusal::WrongTenant,
            &none,
            records(&[], None),
            bound(),
            "bound to acme, and the user is no member",
        ),
        (
            Refusal::Suspended,
            &none,
            records(&[("acme", Suspended)], None),
            bound(),
            "the app client is bound",
        ),
        (
            Refusal::Suspended,
            &asked,
            records(&[("globex", Suspended)], None),
            None,
            "the request asks for it",
        ),
        (
            Refusal::Suspended,
            &none,
            records(&[("acme", Suspended), ("globex", Suspended)], None),
            None,
            "membership in acme and globex is suspended; there is no active one",
        ),
        (
            Refusal::ChooseTenant,
            &none,
            records(&[("acme", Active), ("globex", Active)], Some("initech")),
            None,
            "has lost the default tenant initech, and a refresh never changes the tenant of a session. The user is a member of acme and globex",
        ),
        (Refusal::NoTenant, &none, records(&[], None), None, "no tenant. No code came with the request"),
        (Refusal::NoTenant, &none, records(&[("acme", Removed)], None), None, "removed from acme"),
    ];

    for (refusal, metadata, records, binding, expected) in rows {
        let seen = Seen { records: Some(records), binding, ..Seen::default() };
        let join = Some(JoinOutcome::Refused(JoinRefusal::NoInvite).into());
        let explanation = explain(refusal, metadata, &seen, &Notes { join, ..Notes::default() });
        assert!(explanation.why().contains(expected), "{refusal:?}: {}", explanation.why());
        assert!(!explanation.advice.is_empty(), "{refusal:?}: something can be done");
    }
}

#[test]
fn the_pools_of_a_tenant_that_is_elsewhere_are_named() {
    let acme = Tenant {
        id: tenant("acme"),
        name: "Acme".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Active,
        roles: BTreeMap::new(),
        pools: vec!["eu-west-1_Elsewhere".parse().unwrap()],
    };
    let records = Some(records(&[("acme", MembershipStatus::Active)], None));
    let tenants = [(tenant("acme"), Some(Arc::new(acme)))].into();
    let seen = Seen { records, tenants, ..Seen::default() };

    let explanation = explain(Refusal::OtherPool, &json!(null), &seen, &Notes::default());

    assert_eq!(explanation.why(), "The user pool of acme is eu-west-1_Elsewhere.");
    assert_eq!(explanation.advice, [Advice::text("The user signs in at a user pool of acme")]);
}

#[test]
fn every_reason_of_a_refused_invite_has_words() {
    let hash = "inv_0123456789ABCDEFGHJKMNPQRS".parse::<tenancy::InviteCode>().unwrap().hash();
    let rows = [
        (JoinRefusal::Unknown, "No invite has the code"),
        (JoinRefusal::Revoked, "it was revoked"),
        (JoinRefusal::Expired, "it expired at"),
        (JoinRefusal::UsedUp, "it is used up"),
        (JoinRefusal::WrongAddress, "the user has none"),
        (
            JoinRefusal::AddressNotVerified,
            "which is neither verified nor from an identity provider that the tenant trusts",
        ),
        (JoinRefusal::WrongTenant, "another tenant than the app client"),
        (JoinRefusal::TenantNotActive, "is suspended"),
        (JoinRefusal::OtherPool, "is in other user pools"),
        (JoinRefusal::MembershipNotActive, "an invite cannot reactivate it"),
    ];

    for (why, expected) in rows {
        let refused = vec![RefusedOffer { way: Way::Invite(hash.clone()), why }];
        let join = JoinReport { refused, ..JoinOutcome::Refused(why).into() };
        let notes = Notes { join: Some(join), ..Notes::default() };
        let metadata = json!({ "inviteCode": "inv_0123456789ABCDEFGHJKMNPQRS" });
        let binding = Some(ClientBinding { tenant: tenant("acme"), mode: ClientBindingMode::Required });
        let seen = Seen { binding, ..Seen::default() };
        let explanation = explain(Refusal::InviteRequired, &metadata, &seen, &notes);
        assert!(explanation.why().contains(expected), "{why:?}: {}", explanation.why());
        assert!(!explanation.why().contains("inv_"), "never a code: {}", explanation.why());
    }
}

#[test]
fn the_advice_for_a_member_is_a_command_to_copy() {
    let seen =
        Seen { records: Some(records(&[("acme", MembershipStatus::Suspended)], None)), ..Seen::default() };

    let explanation = explain(Refusal::Suspended, &json!(null), &seen, &Notes::default());

    assert_eq!(
        explanation.advice,
        [Advice {
            what: "If the user may sign in to acme again".to_owned(),
            command: Some(
                "tenantctl member resume ana --user-pool-id eu-west-1_AbCdEf123 --tenant acme".to_owned()
            ),
        }]
    );
}
