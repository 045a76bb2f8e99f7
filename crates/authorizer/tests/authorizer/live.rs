//! What the table decides, and what is read for it.

use authorizer::LiveCheck;
use serde_json::json;
use tenancy::{ClientBindingMode, MembershipStatus, TenantStatus};

use crate::support::*;

async fn reason(gateway: &Gateway, token: &str) -> Option<&'static str> {
    gateway.conclude(&event("rest-request", token)).await.verdict.ruling.told().reason
}

#[tokio::test]
async fn only_what_a_setting_asks_for_is_read() {
    let rows: [(&str, LiveCheck, bool, bool, &[&str]); 8] = [
        ("nothing", LiveCheck::None, false, false, &[]),
        ("the tenant", LiveCheck::Tenant, false, false, &["tenant"]),
        ("the member", LiveCheck::Member, false, false, &["tenant", "membership"]),
        ("the binding", LiveCheck::None, true, false, &["binding"]),
        ("all", LiveCheck::Member, true, false, &["binding", "tenant", "membership"]),
        ("a machine has no membership", LiveCheck::Member, false, true, &["tenant"]),
        ("a machine's binding", LiveCheck::Member, true, true, &["binding", "tenant"]),
        ("a machine unread", LiveCheck::None, false, true, &[]),
    ];

    for (row, check, clients_are_bound, is_machine, read) in rows {
        let gateway = Gateway { check, clients_are_bound, ..Gateway::new() };
        let claims = if is_machine { machine_claims() } else { claims() };
        assert_eq!(gateway.status("rest-request", &signed(&claims)).await, 200, "{row}");
        assert_eq!(*gateway.table.read.lock().unwrap(), read, "{row}");
    }
}

#[tokio::test]
async fn nothing_is_read_for_a_token_that_is_refused() {
    let gateway = Gateway { check: LiveCheck::Member, clients_are_bound: true, ..Gateway::new() };

    for token in ["", "nonsense", &signed(&but(claims(), json!({ "tenant_id": null })))] {
        assert_eq!(gateway.status("rest-request", token).await, 401);
    }
    assert_eq!(gateway.table.read.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_tenant_must_be_active_now() {
    let rows = [
        (tenant(TenantStatus::Active), None),
        (tenant(TenantStatus::Suspended), Some("tenant_not_active")),
        (tenant(TenantStatus::Offboarded), Some("tenant_not_active")),
        (in_pools(&["eu-west-1_Other"]), Some("other_pool")),
        (in_pools(&["eu-west-1_Other", POOL]), None),
        (Item::Missing, Some("tenant_missing")),
    ];

    for (found, expected) in rows {
        for check in [LiveCheck::Tenant, LiveCheck::Member] {
            let gateway = Gateway { check, ..Gateway::new() };
            *gateway.table.tenant.lock().unwrap() = found.clone();
            assert_eq!(reason(&gateway, &signed(&claims())).await, expected, "{check:?}");
            assert_eq!(reason(&gateway, &signed(&machine_claims())).await, expected, "machine, {check:?}");
        }
    }
}

#[tokio::test]
async fn a_member_must_be_active_now() {
    let rows = [
        (membership(MembershipStatus::Active), None),
        (membership(MembershipStatus::Suspended), Some("membership_not_active")),
        (membership(MembershipStatus::Removed), Some("membership_not_active")),
        (Item::Missing, Some("no_membership")),
    ];

    for (found, expected) in rows {
        let gateway = Gateway { check: LiveCheck::Member, ..Gateway::new() };
        *gateway.table.membership.lock().unwrap() = found;
        assert_eq!(reason(&gateway, &signed(&claims())).await, expected);
        let status = if expected.is_some() { 403 } else { 200 };
        for case in ["rest-token", "rest-request", "websocket-connect", "http-1", "http-2"] {
            assert_eq!(gateway.status(case, &signed(&claims())).await, status, "{case} {expected:?}");
        }
    }
}

#[tokio::test]
async fn a_sub_that_no_key_can_have_is_no_member() {
    let gateway = Gateway { check: LiveCheck::Member, ..Gateway::new() };

    assert_eq!(
        reason(&gateway, &signed(&but(claims(), json!({ "sub": "a#TENANT" })))).await,
        Some("no_membership")
    );
}

#[tokio::test]
async fn a_bound_client_lets_in_the_tokens_of_its_tenant_alone() {
    let rows = [
        ("required, the same", binding("acme", ClientBindingMode::Required), None),
        ("machine, the same", binding("acme", ClientBindingMode::Machine), None),
        ("required, another", binding("globex", ClientBindingMode::Required), Some("client_tenant")),
        ("machine, another", binding("globex", ClientBindingMode::Machine), Some("client_tenant")),
        ("none", Item::Missing, Some("client_unbound")),
    ];

    for (row, found, expected) in rows {
        let gateway = Gateway { clients_are_bound: true, ..Gateway::new() };
        *gateway.table.binding.lock().unwrap() = found;
        for claims in [claims(), machine_claims()] {
            assert_eq!(reason(&gateway, &signed(&claims)).await, expected, "{row}");
            let status = gateway.status("rest-request", &signed(&claims)).await;
            assert_eq!(status, if expected.is_some() { 401 } else { 200 }, "{row}");
        }
    }
}

#[tokio::test]
async fn a_client_id_that_no_key_can_have_is_unbound() {
    let gateway =
        Gateway { clients_are_bound: true, ..Gateway::with_rules(|rules| rules_of_any_client(&rules)) };

    assert_eq!(
        reason(&gateway, &signed(&but(claims(), json!({ "client_id": "a#b" })))).await,
        Some("client_unbound")
    );
    assert_eq!(gateway.table.read.lock().unwrap().len(), 0);
}

/// With `CLIENT_IDS=bound` the verifier lets every client in.
fn rules_of_any_client(_: &tenant_token::Rules) -> tenant_token::Rules {
    use tenant_token::{Clients, Issuer, IssuerForm, Rules};
    Rules::new(Issuer::of_pool(POOL, IssuerForm::Original).unwrap(), Clients::OfThePools)
}

#[tokio::test]
async fn a_suspension_is_told_also_when_the_membership_cannot_be_read() {
    let gateway = Gateway { check: LiveCheck::Member, ..Gateway::new() };
    *gateway.table.tenant.lock().unwrap() = tenant(TenantStatus::Suspended);
    *gateway.table.membership.lock().unwrap() = Item::Silent;

    assert_eq!(reason(&gateway, &signed(&claims())).await, Some("tenant_not_active"));
}
