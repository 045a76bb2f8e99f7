//! The names that the table, logs and scripts know. Another name would make items unreadable, and alarms and scripts deaf.

use tenancy::binding::ClientBindingMode;
use tenancy::join::JoinRefusal;
use tenancy::operate::Rule;
use tenancy::operate::invites::InviteState;
use tenancy::sign_in::{ChosenBy, CrossTenant};
use tenancy::{CellStatus, InviteStatus, MembershipStatus, Stamp, TenantStatus};

use crate::support::{code, tenant_id};

#[test]
fn what_the_table_stores_is_called_as_published() {
    // docs/table.md
    assert_eq!(TenantStatus::ALL.map(TenantStatus::name), ["active", "suspended", "offboarded"]);
    assert_eq!(MembershipStatus::ALL.map(MembershipStatus::name), ["active", "suspended", "removed"]);
    assert_eq!(Stamp::ALL.map(Stamp::name), ["pending", "done"]);
    assert_eq!(InviteStatus::ALL.map(InviteStatus::name), ["open", "revoked"]);
    assert_eq!(ClientBindingMode::ALL.map(ClientBindingMode::name), ["required", "machine"]);
    assert_eq!(CellStatus::ALL.map(CellStatus::name), ["open", "draining", "closed"]);
}

#[test]
fn reasons_in_logs_are_called_as_published() {
    // docs/log-fields.md
    let refusals = [
        (JoinRefusal::NoInvite, "no_invite"),
        (JoinRefusal::Malformed, "malformed_code"),
        (JoinRefusal::Unknown, "unknown_code"),
        (JoinRefusal::Revoked, "revoked"),
        (JoinRefusal::Expired, "expired"),
        (JoinRefusal::UsedUp, "used_up"),
        (JoinRefusal::WrongAddress, "wrong_address"),
        (JoinRefusal::AddressNotVerified, "address_not_verified"),
        (JoinRefusal::TenantNotActive, "tenant_not_active"),
        (JoinRefusal::OtherPool, "other_pool"),
        (JoinRefusal::MembershipNotActive, "membership_not_active"),
        (JoinRefusal::WrongTenant, "wrong_tenant"),
    ];
    for (refusal, name) in refusals {
        assert_eq!(refusal.name(), name);
    }
    let attempts = [CrossTenant::Stamp, CrossTenant::Asked, CrossTenant::Client].map(CrossTenant::name);
    assert_eq!(attempts, ["stamp", "asked_tenant", "client_binding"]);
    let choices = [
        ChosenBy::ClientBinding,
        ChosenBy::Asked,
        ChosenBy::Default,
        ChosenBy::JoinedFirst,
        ChosenBy::Fallback,
    ];
    assert_eq!(
        choices.map(ChosenBy::name),
        ["client_binding", "asked", "default", "joined_first", "fallback"]
    );
}

#[test]
fn scripts_tell_refusals_and_the_states_of_invites_apart() {
    // docs/tenantctl-json.md
    let states = [InviteState::Open, InviteState::UsedUp, InviteState::Revoked, InviteState::Expired];
    assert_eq!(states.map(InviteState::name), ["open", "used-up", "revoked", "expired"]);
    assert_eq!(states.map(|state| state.to_string()), states.map(InviteState::name));
    let rules = [
        (Rule::TenantFinal(tenant_id("acme")), "tenant-offboarded"),
        (Rule::TenantOffboarded(tenant_id("acme")), "tenant-offboarded"),
        (Rule::TenantNotActive(tenant_id("acme")), "tenant-not-active"),
        (Rule::InviteRevoked, "invite-revoked"),
        (Rule::InviteUsedUp, "invite-used-up"),
        (Rule::NothingToRevoke, "invite-used-up"),
        (Rule::NewerInviteOpen(code().hash()), "invite-open"),
        (Rule::InviteExpired, "invite-life"),
        (Rule::InviteTooLong, "invite-life"),
        (Rule::InviteUses, "invite-uses"),
    ];
    for (rule, name) in rules {
        assert_eq!(rule.name(), name, "{rule}");
    }
}
