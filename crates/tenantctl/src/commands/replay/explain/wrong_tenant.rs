//! `WRONG_TENANT`: a tenant was bound or asked for, or chosen, and is not to be had here.

use cognito_trigger::Failure;
use cognito_trigger::failure::FailureTold;
use tenancy::join::JoinRefusal;
use tenancy::live::TenantState;
use tenancy::{MembershipStatus, PoolId, Presented, TenantId, UserRecords};
use user_pool::words::listed_with;

use super::super::advice::Advice;
use super::super::case::Case;
use super::super::openings;
use super::{Explanation, explained};

pub(super) fn refused(failure: &FailureTold, case: Case<'_>) -> Explanation {
    match failure.reason {
        reason if reason == Failure::MarkerRequested.told().reason => marker_requested(case),
        reason if reason == JoinRefusal::OtherPool.name() => other_pool(case),
        _ => wrong_tenant(case),
    }
}

fn wrong_tenant(case: Case<'_>) -> Explanation {
    let bound = case.bound();
    let asked = case.event.map_or(&Presented::None, |event| &event.request.asked_tenant);
    let is_machine = case.seen.records.is_none();
    match (bound, asked) {
        _ if is_machine => explained(
            "the app client is bound to no tenant for its own tokens, and UNBOUND_MACHINE is `refuse`",
            [own_tenant(case)],
        ),
        (_, Presented::Malformed) => explained(
            "the request asks for a tenant (clientMetadata.tenantId) by a text that is no tenant's id",
            [Advice::text("The app must send an id: 3 to 63 of a-z, 0-9 and -")],
        ),
        (Some(bound), Presented::Given(asked)) if asked != bound => explained(
            format!("{}, and the request asks for {asked}", case.bound_to(bound)),
            [Advice::text(format!(
                "Sign in to {asked} {}, or do not ask for it here",
                match case.pool_tenant() {
                    Some(_) => "at another user pool",
                    None => "through another app client",
                }
            ))],
        ),
        (Some(bound), _) => not_in(case, bound, &case.bound_to(bound)),
        (None, Presented::Given(asked)) => not_in(case, asked, &format!("the request asks for {asked}")),
        (None, Presented::None) => explained("the user is in no tenant that may be signed in to here", []),
    }
}

/// How the app client's own tokens get a tenant. In a pool of one tenant they have it, unless a binding says otherwise.
fn own_tenant(case: Case<'_>) -> Advice {
    match case.pool_tenant() {
        Some(only) => Advice::unbind_client(case, format!("Unbind it, so that its own tokens carry {only}")),
        None => Advice::bind_machine(case),
    }
}

/// The tenants that would have been chosen are in other user pools.
fn other_pool(case: Case<'_>) -> Explanation {
    let is_machine = case.seen.records.is_none();
    let chosen = case.notes.chosen.as_ref().map(|(tenant, _)| tenant);
    let of_machine = || case.machine_tenant().filter(|_| is_machine);
    let tenants: Vec<&TenantId> = if let Some(tenant) = chosen.or_else(of_machine) {
        vec![tenant]
    } else {
        let active = case.seen.records.iter().flat_map(UserRecords::active).map(|m| &m.tenant);
        active.filter(|tenant| case.state(tenant) == Some(TenantState::OtherPool)).collect()
    };
    let pools: Vec<String> = tenants.iter().filter_map(|tenant| pools_of(case, tenant)).collect();
    let pools = listed_with(pools.iter().map(String::as_str), "and");
    let named = listed_with(tenants.iter().map(|tenant| tenant.as_str()), "or");
    if let Some(only) = case.pool_tenant() {
        let check = format!(
            "Correct POOL_TENANT of the functions, or the pools of {only} (tenantctl tenant show {only})"
        );
        return explained(format!("{}, and {pools}", case.bound_to(only)), [Advice::text(check)]);
    }
    if is_machine {
        let move_it = format!("Use an app client of a user pool of {named} in its place");
        let unbind =
            Advice::unbind_client(case, format!("Or unbind it, if its tokens are not to carry {named}"));
        return explained(
            format!("the app client's own tokens are for {named}, and {pools}"),
            [Advice::text(move_it), unbind],
        );
    }
    explained(pools, [Advice::text(format!("The user signs in at a user pool of {named}"))])
}

/// As a clause; `None` when the tenant was not read.
fn pools_of(case: Case<'_>, tenant: &TenantId) -> Option<String> {
    let pools = &case.seen.tenant(tenant)?.pools;
    let ids = listed_with(pools.iter().map(PoolId::as_str), "and");
    Some(match pools.len() {
        1 => format!("the user pool of {tenant} is {ids}"),
        _ => format!("the user pools of {tenant} are {ids}"),
    })
}

fn marker_requested(case: Case<'_>) -> Explanation {
    explained(
        "the app client is bound to no tenant for its own tokens, and it asks for the marker scope (MARKER_SCOPE), which says \
         that a token has a tenant",
        [
            own_tenant(case),
            Advice::text(
                "Take the marker scope out of the app client's AllowedOAuthScopes: the function adds it by itself",
            ),
        ],
    )
}

/// A tenant was bound or asked for, and the user is not in it.
fn not_in(case: Case<'_>, tenant: &TenantId, because: &str) -> Explanation {
    let membership = case.seen.records.as_ref().and_then(|records| records.in_tenant(tenant));
    if membership.is_some_and(|membership| membership.status == MembershipStatus::Removed) {
        return explained(
            format!("{because}, from which the user was removed"),
            [Advice::member("add", case, tenant, format!("To let the user back into {tenant}"))],
        );
    }
    let place = case.redeemed_elsewhere().unwrap_or("here");
    let invite =
        format!("Or invite them: the next sign-in {place} redeems an invite to their verified address");
    explained(
        format!("{because}, and the user is no member of it"),
        [
            Advice::member(
                "add",
                case,
                tenant,
                format!("If the user belongs to {tenant}, make them a member"),
            ),
            Advice::invite(Some(tenant), invite),
        ],
    )
    .and(openings::why_nothing_was_redeemed(case))
}
