//! Parts of the document: memberships, what would be redeemed, what is refused, warnings.

use cognito_trigger::{Failure, Handled, LogEvent};
use serde::Serialize;
use tenancy::UserRecords;
use tenancy::join::{MembershipChange, Way};
use tenancy::sign_in::CrossTenant;

use super::case::Case;
use super::openings::{found_by, tenant_of, why};

/// A membership as it is in the table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MembershipFacts {
    pub(super) tenant_id: String,
    /// `active`, `suspended`, `removed`.
    pub(super) status: &'static str,
    pub(super) roles: Vec<String>,
    /// Whether it is the tenant of a token for which no other is asked: of the profile, or else joined first.
    pub(super) is_default: bool,
    /// `pending`, `done`.
    pub(super) stamp: &'static str,
    /// The tenant's own status, if it was read.
    pub(super) tenant_status: Option<&'static str>,
    /// Whether the user pool serves the tenant; `None` when the tenant was not read.
    pub(super) is_in_this_pool: Option<bool>,
}

/// The memberships that were found.
pub(super) fn memberships(records: &UserRecords, case: Case<'_>) -> Vec<MembershipFacts> {
    let default = records.default_tenant();
    let facts = records.memberships.iter().map(|membership| MembershipFacts {
        tenant_id: membership.tenant.to_string(),
        status: membership.status.name(),
        roles: membership.roles.iter().map(ToString::to_string).collect(),
        is_default: default == Some(&membership.tenant),
        stamp: membership.stamp.name(),
        tenant_status: case.seen.tenant(&membership.tenant).map(|tenant| tenant.status.name()),
        is_in_this_pool: case.is_served(&membership.tenant),
    });
    facts.collect()
}

/// Something that would be redeemed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedemptionFacts {
    /// `code`, `address`, `identity-provider`.
    pub(super) by: &'static str,
    /// The first 8 digits of the invite's hash.
    pub(super) invite: Option<String>,
    pub(super) identity_provider: Option<String>,
    pub(super) tenant_id: String,
    /// `create`, `add-roles`.
    pub(super) membership: &'static str,
    /// The roles of the membership afterwards.
    pub(super) roles: Vec<String>,
    /// Whether it would become the user's default tenant.
    pub(super) becomes_default: bool,
    /// Whether it would be the invite's last use.
    pub(super) is_last_use: bool,
}

/// What would be redeemed, in the order of the writes.
pub(super) fn redemptions(case: Case<'_>) -> Vec<RedemptionFacts> {
    let facts = case.seen.plans.iter().map(|plan| {
        let (by, invite, provider, is_last_use) = match &plan.way {
            Way::Invite(hash) => {
                let terms = case.seen.offers.get(hash).and_then(|offer| offer.terms.as_ref());
                let is_last =
                    terms.is_some_and(|terms| terms.invite.uses.saturating_add(1) >= terms.invite.max_uses);
                (found_by(hash, case), Some(hash.short().to_owned()), None, is_last)
            }
            Way::Provider(provider) => ("identity-provider", None, Some(provider.to_string()), false),
        };
        RedemptionFacts {
            by,
            invite,
            identity_provider: provider,
            tenant_id: plan.tenant.to_string(),
            membership: match plan.membership {
                MembershipChange::Create => "create",
                MembershipChange::AddRoles { .. } => "add-roles",
            },
            roles: plan.roles.iter().map(ToString::to_string).collect(),
            becomes_default: plan.default.is_some(),
            is_last_use,
        }
    });
    facts.collect()
}

/// Something that was on offer and is refused.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotRedeemedFacts {
    /// `code`, `address`, `identity-provider`.
    pub(super) by: &'static str,
    pub(super) invite: Option<String>,
    pub(super) identity_provider: Option<String>,
    pub(super) tenant_id: Option<String>,
    /// The reason of docs/log-fields.md.
    pub(super) reason: &'static str,
    pub(super) why: String,
}

/// What was on offer and is refused, in the order in which it was looked at.
pub(super) fn not_redeemed(case: Case<'_>) -> Vec<NotRedeemedFacts> {
    let facts = case.notes.refused().iter().map(|refused| {
        let (by, invite, identity_provider) = match &refused.way {
            Way::Invite(hash) => (found_by(hash, case), Some(hash.short().to_owned()), None),
            Way::Provider(provider) => ("identity-provider", None, Some(provider.to_string())),
        };
        NotRedeemedFacts {
            by,
            invite,
            identity_provider,
            tenant_id: tenant_of(&refused.way, case).map(ToString::to_string),
            reason: refused.why.name(),
            why: why(refused, case),
        }
    });
    facts.collect()
}

/// Something that the function would log as worth a look.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Warning {
    /// The log event of docs/log-fields.md.
    pub(super) event: &'static str,
    /// What its `reason` would be, where it has one.
    pub(super) reason: Option<&'static str>,
    pub(super) what: String,
}

/// What the function would log as worth a look.
pub(super) fn warnings(handled: &Handled) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    for attempt in &handled.notes.cross_tenant {
        let what = match attempt {
            CrossTenant::Stamp => {
                "the tenant attribute names a tenant that the user has never been in; can an app client write it?"
            }
            CrossTenant::Asked => "the request asks for a tenant that the user has never been in",
            CrossTenant::Client => "the app client is bound to a tenant that the user has never been in",
        };
        let (event, reason) = (LogEvent::CrossTenant.name(), Some(attempt.name()));
        warnings.push(Warning { event, reason, what: what.to_owned() });
    }
    if let Some(failure @ Failure::MarkerRequested) = handled.outcome.failure() {
        let what = "an app client without a tenant asks for the marker scope; may it ask for it?".to_owned();
        let (event, reason) = (LogEvent::CrossTenant.name(), Some(failure.told().reason));
        warnings.push(Warning { event, reason, what });
    }
    for damage in handled.notes.all_damaged() {
        let what = format!("skipped: {damage}");
        warnings.push(Warning { event: LogEvent::DataIntegrity.name(), reason: None, what });
    }
    if handled.iam_roles_left_out > 0 {
        let count = handled.iam_roles_left_out;
        let what = format!("IAM roles of the tenant that IAM_ROLE_ALLOWLIST does not admit: {count}");
        warnings.push(Warning { event: LogEvent::DataIntegrity.name(), reason: None, what });
    }
    if handled.is_stamp_deferred {
        let what =
            "the event has no usable user name, so the tenant attribute would not be written".to_owned();
        warnings.push(Warning { event: LogEvent::StampDeferred.name(), reason: None, what });
    }
    warnings
}
