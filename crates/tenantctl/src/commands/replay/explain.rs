//! Why, in words for whoever helps a user, and what to do about it. Plain functions over what the handler saw.

use cognito_trigger::event::Event;
use cognito_trigger::report::Details;
use cognito_trigger::{PublicError, TriggerFailure};
use tenancy::choice::{AskedTenant, ChosenBy};
use tenancy::redemption::Redemption;
use tenancy::{MembershipStatus, PresentedCode, TenantId, TenantStatus, UserRecords};

use super::openings;
use super::rehearsal::Seen;
use super::words::{membership_status, one_of, tenant_status};

/// What is known of a case.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    /// The event, if it could be read.
    pub(super) event: Option<&'a Event<'a>>,
    /// What the handler saw.
    pub(super) seen: &'a Seen,
    /// How it came to its outcome.
    pub(super) details: &'a Details,
}

/// Why, and what to do.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Explanation {
    pub(super) why: String,
    pub(super) advice: Vec<String>,
}

fn explained(why: impl Into<String>, advice: impl Into<String>) -> Explanation {
    Explanation { why: why.into(), advice: vec![advice.into()] }
}

/// Why this tenant.
pub(super) fn chosen(by: ChosenBy) -> &'static str {
    match by {
        ChosenBy::ClientBinding => "the app client is bound to it",
        ChosenBy::Asked => "the request asks for it (clientMetadata.tenantId)",
        ChosenBy::Default => "it is the user's default tenant",
        ChosenBy::OnlyMembership => "it is the user's only active membership",
    }
}

/// Why there is no token, or no membership.
pub(super) fn refused(failure: &TriggerFailure, case: Case<'_>) -> Explanation {
    match failure.public {
        PublicError::InviteRequired => invite_required(case),
        PublicError::NoTenant => no_tenant(case),
        PublicError::WrongTenant => wrong_tenant(case),
        PublicError::ChooseTenant => choose_tenant(case),
        PublicError::Suspended => suspended(case),
        PublicError::Unavailable => unavailable(failure),
    }
}

fn invite_required(case: Case<'_>) -> Explanation {
    let why = openings::why_nothing_was_redeemed(case);
    let has_code = case.event.is_some_and(|event| event.request.invite_code != PresentedCode::None);
    let mut advice = vec![openings::advice(case)];
    let is_member = case.seen.records.as_ref().is_some_and(|records| records.active().next().is_some());
    if has_code && is_member {
        advice.push("The user is a member already, and can sign in without the code.".to_owned());
    }
    Explanation { why, advice }
}

fn no_tenant(case: Case<'_>) -> Explanation {
    let standing = match &case.seen.records {
        Some(records) if !records.memberships.is_empty() => {
            let removed: Vec<&str> = records.memberships.iter().map(|m| m.tenant.as_str()).collect();
            format!("The user has no active membership; removed from {}.", removed.join(", "))
        }
        _ => "The user is a member of no tenant.".to_owned(),
    };
    let mut advice = vec![openings::advice(case)];
    advice.push("Or make the user a member: tenantctl member add".to_owned());
    Explanation { why: format!("{standing} {}", openings::why_nothing_was_redeemed(case)), advice }
}

fn wrong_tenant(case: Case<'_>) -> Explanation {
    let Some(event) = case.event else { return explained("The event does not say enough.", "") };
    let bound = case.seen.binding.as_ref().and_then(|binding| binding.required_tenant());
    match (bound, &event.request.asked_tenant) {
        (None, AskedTenant::None) => explained(
            "The app client is bound to no tenant for its own tokens, and UNBOUND_MACHINE is `refuse`.",
            "Bind it, with mode machine: tenantctl client bind",
        ),
        (_, AskedTenant::Malformed) => explained(
            "The request asks for a tenant (clientMetadata.tenantId) with a text that is no tenant's id.",
            "The app must send an id: 3 to 63 of a-z, 0-9 and -.",
        ),
        (Some(bound), AskedTenant::Tenant(asked)) if asked != bound => explained(
            format!("The app client is bound to {bound}, and the request asks for {asked}."),
            format!("Sign in to {asked} through another app client, or do not ask for it here."),
        ),
        (Some(bound), _) => named(case, bound, &format!("The app client is bound to {bound}")),
        (None, AskedTenant::Tenant(asked)) => named(case, asked, &format!("The request asks for {asked}")),
    }
}

/// A tenant was bound or asked for, and the user is not in it.
fn named(case: Case<'_>, tenant: &TenantId, because: &str) -> Explanation {
    let membership = case.seen.records.as_ref().and_then(|records| records.in_tenant(tenant));
    match membership.map(|membership| membership.status) {
        Some(MembershipStatus::Removed) => explained(
            format!("{because}, from which the user was removed."),
            format!("If the user is to come back to {tenant}: tenantctl member add"),
        ),
        _ => explained(
            format!("{because}, and the user is no member of it."),
            format!("If the user belongs to {tenant}: tenantctl invite create, or tenantctl member add"),
        ),
    }
}

fn choose_tenant(case: Case<'_>) -> Explanation {
    let Some(records) = case.seen.records_after() else {
        return explained("The user is in several tenants, and none is chosen.", "");
    };
    let default = match &records.profile.default_tenant {
        None => "there is no default tenant".to_owned(),
        Some(tenant) => format!("the default tenant {tenant} is no active membership"),
    };
    let active: Vec<String> = records.active().map(|membership| membership.tenant.to_string()).collect();
    Explanation {
        why: format!("The user is a member of {}; the request asks for none, and {default}.", active.join(", ")),
        advice: vec![
            "Give the user a default: tenantctl member set-default".to_owned(),
            "Or the app asks for one in clientMetadata.tenantId; see \"Where clientMetadata arrives\" in docs/cognito.md."
                .to_owned(),
        ],
    }
}

fn suspended(case: Case<'_>) -> Explanation {
    if let Some((tenant, by)) = &case.details.chosen {
        let status = case.seen.tenant(tenant).map_or(TenantStatus::Suspended, |tenant| tenant.status);
        return tenant_not_active(tenant, status, chosen(*by));
    }
    let bound = case.seen.binding.as_ref();
    let machine = bound.and_then(|binding| binding.machine_tenant());
    let records = case.seen.records_after();
    match (records, machine) {
        (None, Some(tenant)) => {
            let status = case.seen.tenant(tenant).map_or(TenantStatus::Suspended, |tenant| tenant.status);
            tenant_not_active(tenant, status, "the app client is bound to it")
        }
        (records, _) => membership_suspended(case, &records.unwrap_or_default()),
    }
}

fn tenant_not_active(tenant: &TenantId, status: TenantStatus, because: &str) -> Explanation {
    let advice = match status {
        TenantStatus::Offboarded => "Offboarding is final: there is nothing to do.".to_owned(),
        TenantStatus::Active | TenantStatus::Suspended => {
            format!("If {tenant} is to be served again: tenantctl tenant resume {tenant}")
        }
    };
    explained(format!("The tenant {tenant} is {}; {because}.", tenant_status(status)), advice)
}

fn membership_suspended(case: Case<'_>, records: &UserRecords) -> Explanation {
    let suspended: Vec<&TenantId> = records
        .memberships
        .iter()
        .filter(|membership| membership.status == MembershipStatus::Suspended)
        .map(|membership| &membership.tenant)
        .collect();
    let bound = case.seen.binding.as_ref().and_then(|binding| binding.required_tenant());
    let asked = case.event.and_then(|event| match &event.request.asked_tenant {
        AskedTenant::Tenant(asked) => Some(asked),
        AskedTenant::None | AskedTenant::Malformed => None,
    });
    let (tenant, because) = match (bound, asked) {
        (Some(bound), _) => (bound.to_string(), "the app client is bound to it"),
        (None, Some(asked)) => (asked.to_string(), "the request asks for it"),
        (None, None) => (one_of(&suspended), "there is no active one"),
    };
    explained(
        format!(
            "The user's membership in {tenant} is {}; {because}.",
            membership_status(MembershipStatus::Suspended)
        ),
        format!("If the user may sign in to {tenant} again: tenantctl member resume"),
    )
}

fn unavailable(failure: &TriggerFailure) -> Explanation {
    let cause = &failure.cause;
    match failure.reason {
        "event_invalid" => explained(
            format!("The event cannot be acted upon: {cause}."),
            "Is it as Cognito sent it? A function logs such an event as event.invalid.",
        ),
        "pool_not_allowed" => explained(
            "The user pool is not in USER_POOL_IDS, so no event of it is answered.",
            "Add the pool to the setting, or take the trigger from the pool: tenantctl pool detach",
        ),
        "data_damaged" => explained(
            format!("An item of the table cannot be what it claims to be: {cause}."),
            "Mend the item: docs/table.md says what it must look like.",
        ),
        "claims_too_large" => explained(
            format!("What goes into the token is too large: {cause}."),
            "Fewer roles or groups, fewer claims (CLAIMS_ID, CLAIMS_ACCESS), or a higher CLAIM_BYTES_MAX.",
        ),
        reason if cause.is_empty() => {
            explained(format!("The function failed: {reason}."), "See docs/log-fields.md.")
        }
        reason => explained(format!("The function failed: {reason}: {cause}."), "See docs/log-fields.md."),
    }
}

/// Why a confirmation ended well.
pub(super) fn confirmed(redemption: Option<&Redemption>, records: Option<&UserRecords>) -> &'static str {
    let is_member = records.is_some_and(|records| records.active().next().is_some());
    match redemption {
        Some(Redemption::Joined(_)) => "an invite or an identity provider admits the user",
        Some(Redemption::Already) if is_member => "the user is a member already",
        Some(Redemption::Already) => "the invite was redeemed by this user before",
        Some(Redemption::Refused(_)) => "no invite admits the user, and UNINVITED is `admit`",
        None => "the handler does nothing at this trigger source",
    }
}
