//! Why, in words for whoever helps a user, and what to do about it. Plain functions over what the handler saw.

mod wrong_tenant;

use cognito_trigger::PublicError;
use cognito_trigger::failure::FailureTold;
use tenancy::join::{JoinOutcome, Redeem, Way};
use tenancy::live::TenantState;
use tenancy::sign_in::ChosenBy;
use tenancy::{Membership, MembershipStatus, Presented, TenantId, TenantStatus, UserRecords};
use user_pool::words::listed_with;

use super::advice::Advice;
use super::case::Case;
use super::openings;

/// Why, and what to do.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Explanation {
    /// The reason as a clause, for the end of a sentence: lower case, no full stop. Empty when `more` says it all.
    pub(super) because: String,
    /// More, in whole sentences; may be empty.
    pub(super) more: String,
    pub(super) advice: Vec<Advice>,
}

impl Explanation {
    /// The whole reason, in sentences.
    pub(super) fn why(&self) -> String {
        if self.because.is_empty() {
            return self.more.clone();
        }
        format!("{}. {}", capitalized(&self.because), self.more).trim_end().to_owned()
    }

    fn and(self, more: impl Into<String>) -> Self {
        Self { more: more.into(), ..self }
    }
}

pub(super) fn capitalized(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn explained(because: impl Into<String>, advice: impl IntoIterator<Item = Advice>) -> Explanation {
    Explanation { because: because.into(), more: String::new(), advice: advice.into_iter().collect() }
}

/// Why this tenant.
pub(super) fn chosen(tenant: &TenantId, by: ChosenBy, case: Case<'_>) -> &'static str {
    let is_new_default = case.seen.plans.iter().any(|plan| plan.default.is_some() && plan.tenant == *tenant);
    match by {
        ChosenBy::ClientBinding => case.bound_by(),
        ChosenBy::Asked => "the request asks for it (clientMetadata.tenantId)",
        ChosenBy::Default if is_new_default => "the redemption makes it the default tenant",
        ChosenBy::Default => "it is the user's default tenant",
        ChosenBy::JoinedFirst => "it was joined first, and the profile names no default tenant",
        ChosenBy::Fallback => "the user lost the default tenant, and joined this one first of the others",
    }
}

/// By what a confirmed user is in a tenant.
pub(super) fn confirmed(case: Case<'_>) -> &'static str {
    let by_provider = case.seen.plans.first().is_some_and(|plan| matches!(plan.way, Way::Provider(_)));
    match case.notes.join_outcome() {
        Some(JoinOutcome::Joined(_)) if by_provider => "the identity provider's users join it",
        Some(JoinOutcome::Joined(_)) => "an invite admits the user",
        _ => "it is the user's default tenant",
    }
}

/// Why there is no token, or no membership.
pub(super) fn refused(failure: &FailureTold, case: Case<'_>) -> Explanation {
    match failure.public {
        PublicError::InviteRequired => invite_required(case),
        PublicError::NoTenant => no_tenant(case),
        PublicError::WrongTenant => wrong_tenant::refused(failure, case),
        PublicError::ChooseTenant => choose_tenant(case),
        PublicError::Suspended => suspended(case),
        PublicError::Unavailable => unavailable(failure),
    }
}

fn invite_required(case: Case<'_>) -> Explanation {
    let has_code = case.event.is_some_and(|event| event.request.invite_code != Presented::None);
    let is_member = case.seen.records.as_ref().is_some_and(|records| records.active().next().is_some());
    let mut advice = openings::advice(case);
    if has_code && is_member {
        advice.push(Advice::text("The user is a member already, and can sign in without the code"));
    }
    explained("", advice).and(openings::why_nothing_was_redeemed(case))
}

fn no_tenant(case: Case<'_>) -> Explanation {
    let memberships = case.seen.records.as_ref().map_or(&[][..], |records| &records.memberships);
    let mut advice = openings::advice(case);
    let standing = if memberships.is_empty() {
        "the user is a member of no tenant".to_owned()
    } else {
        no_longer(case, memberships)
    };
    if let [only] = memberships
        && only.status == MembershipStatus::Removed
        && !case.is_gone(&only.tenant)
    {
        let what = format!("To let the user back into {}", only.tenant);
        advice.push(Advice::member("add", case, &only.tenant, what));
    }
    explained(standing, advice).and(openings::why_nothing_was_redeemed(case))
}

/// Why none of the memberships counts.
fn no_longer(case: Case<'_>, memberships: &[Membership]) -> String {
    let (removed, others): (Vec<_>, Vec<_>) =
        memberships.iter().partition(|membership| membership.status == MembershipStatus::Removed);
    let mut lost = Vec::new();
    if !removed.is_empty() {
        let tenants = removed.iter().map(|membership| membership.tenant.as_str());
        lost.push(format!("removed from {}", listed_with(tenants, "and")));
    }
    lost.extend(others.iter().map(|membership| {
        let tenant = &membership.tenant;
        match case.state(tenant) {
            Some(TenantState::Offboarded) => format!("{tenant} is offboarded"),
            Some(TenantState::OtherPool) => {
                format!("{} in {tenant}, which is in other user pools", membership.status.name())
            }
            _ => format!("{} in {tenant}", membership.status.name()),
        }
    }));
    let what = if others.is_empty() { "active membership any more" } else { "membership that counts here" };
    format!("the user has no {what}: {}", lost.join("; "))
}

/// Only a refresh is refused so: a sign-in falls back to another tenant.
fn choose_tenant(case: Case<'_>) -> Explanation {
    let records = case.seen.records_after().unwrap_or_default();
    let default = records.default_tenant().map_or("none", TenantId::as_str);
    let is_active = |tenant: &TenantId| case.state(tenant).is_none_or(|state| state == TenantState::Active);
    let joined = records.by_joining();
    let active = joined.into_iter().filter(|m| m.is_active() && m.tenant.as_str() != default);
    let active: Vec<&TenantId> = active.map(|m| &m.tenant).filter(|tenant| is_active(tenant)).collect();
    let mut advice = Vec::new();
    if let Some(first) = active.first() {
        let then = match case.settings.redeem {
            Redeem::On => "and makes it the default tenant",
            Redeem::Off => "but with REDEEM=off the default tenant stays, and a refresh is refused again",
        };
        advice.push(Advice::text(format!(
            "The user signs in again: the sign-in falls back to {first}, {then}"
        )));
        let what = format!(
            "Or set another default tenant, {}; the user's sessions then move to it",
            listed_with(active.iter().map(|tenant| tenant.as_str()), "or")
        );
        advice.push(Advice::member("set-default", case, first, what));
    }
    advice.push(Advice::text(
        "Or the app asks for a tenant in clientMetadata.tenantId of GetTokensFromRefreshToken",
    ));
    let member = listed_with(active.iter().map(|tenant| tenant.as_str()), "and");
    explained(
        format!(
            "the user has lost the default tenant {default}, and a refresh never changes the tenant of a session"
        ),
        advice,
    )
    .and(format!("The user is a member of {member}."))
}

fn suspended(case: Case<'_>) -> Explanation {
    if let Some((tenant, by)) = &case.notes.chosen {
        return tenant_not_active(case, tenant, chosen(tenant, *by, case));
    }
    let machine = case.machine_tenant();
    match (case.seen.records_after(), machine) {
        (None, Some(tenant)) => tenant_not_active(case, tenant, case.bound_by()),
        (records, _) => membership_suspended(case, &records.unwrap_or_default()),
    }
}

fn tenant_not_active(case: Case<'_>, tenant: &TenantId, because: &str) -> Explanation {
    let status = case.seen.tenant(tenant).map_or(TenantStatus::Suspended, |tenant| tenant.status);
    let why = format!("the tenant {tenant} is {}; {because}", status.name());
    if status != TenantStatus::Offboarded {
        return explained(why, [Advice::resume_tenant(tenant)]);
    }
    let is_bound = case.seen.binding.as_ref().is_some_and(|binding| binding.tenant == *tenant);
    let advice = if case.pool_tenant().is_some() {
        Advice::text("Offboarding is final, and POOL_TENANT keeps every other tenant out of this user pool")
    } else if is_bound {
        Advice::unbind_client(case, "If the app client is to serve others")
    } else {
        Advice::text("Offboarding is final, and no other tenant of the user is active")
    };
    explained(why, [advice])
}

fn membership_suspended(case: Case<'_>, records: &UserRecords) -> Explanation {
    let bound = case.bound();
    let asked = case.event.and_then(|event| match &event.request.asked_tenant {
        Presented::Given(asked) => Some(asked),
        Presented::None | Presented::Malformed => None,
    });
    let is_suspended = |membership: &&Membership| membership.status == MembershipStatus::Suspended;
    let (tenants, because): (Vec<&TenantId>, _) = match (bound, asked) {
        (Some(bound), _) => (vec![bound], case.bound_by()),
        (None, Some(asked)) => (vec![asked], "the request asks for it"),
        (None, None) => {
            let suspended =
                records.memberships.iter().filter(is_suspended).filter(|m| !case.is_gone(&m.tenant));
            let suspended: Vec<&TenantId> = suspended.map(|membership| &membership.tenant).collect();
            let is_first = |m: &&Membership| m.is_active() && !case.is_gone(&m.tenant);
            if let ([], Some(first)) = (suspended.as_slice(), records.by_joining().into_iter().find(is_first))
            {
                return tenant_not_active(case, &first.tenant, "the user has no other active tenant");
            }
            (suspended, "there is no active one")
        }
    };
    let advice = tenants.iter().map(|tenant| {
        Advice::member("resume", case, tenant, format!("If the user may sign in to {tenant} again"))
    });
    let tenants = listed_with(tenants.iter().map(|tenant| tenant.as_str()), "and");
    explained(format!("the user's membership in {tenants} is suspended; {because}"), advice)
}

fn unavailable(failure: &FailureTold) -> Explanation {
    let cause = failure.cause.as_deref().unwrap_or_default();
    let (why, what) = match failure.reason {
        "event_invalid" => (
            format!("the event cannot be acted upon: {cause}"),
            "Check that the event is exactly what Cognito sent. The function logs such an event as event.invalid",
        ),
        "pool_not_allowed" => (
            "the user pool is not in USER_POOL_IDS, so that no event of it is answered".to_owned(),
            "Add the pool to that setting of the function, or take the trigger from the pool",
        ),
        "redeem_off" => (
            "the user would have joined a tenant, and REDEEM is `off` for this function".to_owned(),
            "The user joins in the Region that redeems; after a fail-over set REDEEM=on (docs/operating.md)",
        ),
        "data_damaged" => (
            format!("an item of the table cannot be what it claims to be: {cause}"),
            "Correct the item: docs/table.md describes its layout",
        ),
        "claims_too_large" => (
            format!("what goes into the token is too large: {cause}"),
            "Fewer roles or groups, fewer claims (CLAIMS_ID, CLAIMS_ACCESS), or a higher CLAIM_BYTES_MAX",
        ),
        reason => (
            format!("the function failed: {reason} {cause}").trim_end().to_owned(),
            "docs/log-fields.md describes this reason",
        ),
    };
    explained(why, [Advice::text(what)])
}

#[cfg(test)]
mod tests;
