//! From what was played to the document.

use std::collections::BTreeMap;
use std::time::Duration;

use cognito_trigger::event::{EventVersion, Subject};
use cognito_trigger::{Envelope, Event, Report};
use serde_json::value::RawValue;
use tenancy::redemption::Redemption;
use tenancy::{Timestamp, UserRecords};

use super::document::{
    BindingFacts, DefaultFacts, Document, EventFacts, RefusalFacts, StampFacts, StoreFacts, TenantFacts,
};
use super::explain::{self, Case};
use super::facts::{memberships, not_redeemed, redemptions, warnings};
use super::input::{Recorded, TriggerKind};
use super::play::{Played, Reply};
use super::settings::{Config, Variables};
use super::tokens::compare;
use crate::commands::arguments::rfc3339;

/// What is known besides what was played.
pub(super) struct Setting<'a> {
    pub(super) recorded: &'a Recorded,
    pub(super) config: &'a Config,
    pub(super) variables: Variables,
    pub(super) at: Timestamp,
    pub(super) with_reply: bool,
}

/// Puts the document together.
pub(super) fn assemble(setting: Setting<'_>, played: Played) -> Document {
    let Setting { recorded, config, variables, at, with_reply } = setting;
    let envelope = Envelope::read(&recorded.event).ok();
    let event = envelope.as_ref().and_then(|envelope| envelope.open(config.tenant_attribute()).ok());
    let Played { reply, failure, report, seen, reads, read_time } = played;
    let case = Case {
        event: event.as_ref(),
        seen: &seen,
        details: &report.details,
        is_fresh: recorded.trigger == TriggerKind::PostConfirmation
            || report.trigger_source.as_deref() == Some("TokenGeneration_HostedAuth"),
        verified_providers: config.verified_providers(),
    };
    let is_error = matches!(reply, Reply::Error(_));
    let refusal = failure.as_ref().map(|failure| {
        let explanation = explain::refused(failure, case);
        RefusalFacts {
            code: failure.public.code(),
            told: failure.public.text(),
            reason: failure.reason,
            cause: (!failure.cause.is_empty()).then(|| failure.cause.clone()),
            why: explanation.why,
            advice: explanation.advice,
            let_through: !is_error,
        }
    });
    let tokens = match (&reply, &event) {
        (Reply::Event(reply), Some(event)) => {
            Some(compare(&recorded.event, &event.request.pool_groups, reply))
        }
        _ => None,
    };
    let tenant = tenant(&report, case, failure.is_none());
    Document {
        outcome: report.outcome,
        refused: is_error,
        summary: summary(recorded.trigger, &report, refusal.as_ref(), tenant.as_ref()),
        trigger: recorded.trigger.name(),
        event: event_facts(&report, event.as_ref()),
        at: rfc3339(at),
        tenant,
        refusal,
        client_binding: seen
            .binding
            .as_ref()
            .map(|binding| BindingFacts { tenant_id: binding.tenant.to_string(), mode: binding.mode.name() }),
        memberships: seen.records.as_ref().map(|records| memberships(records, &seen)),
        default_tenant_id: default_tenant(seen.records.as_ref()),
        redemption: report.details.redemption.as_ref().map(|redemption| match redemption {
            Redemption::Joined(_) => "joined",
            Redemption::Already => "already",
            Redemption::Refused(why) => why.name(),
        }),
        would_redeem: redemptions(case),
        not_redeemed: not_redeemed(case),
        would_move_default: report.details.default_change.as_ref().map(|change| DefaultFacts {
            from: change.from.as_ref().map(ToString::to_string),
            to: change.to.to_string(),
        }),
        would_stamp: report.details.stamp.as_ref().filter(|_| report.stamps_deferred == 0).map(|plan| {
            StampFacts {
                attribute: config.tenant_attribute().to_owned(),
                tenant_id: plan.tenant.to_string(),
                memberships: plan.memberships.iter().map(ToString::to_string).collect(),
            }
        }),
        tokens,
        claim_bytes_max: config.claim_bytes_max(),
        warnings: warnings(&report),
        store: StoreFacts { reads, read_ms: milliseconds(read_time), withheld_writes: seen.writes },
        settings: variables,
        reply: with_reply.then(|| whole(reply, &recorded.event)),
    }
}

fn event_facts(report: &Report, event: Option<&Event<'_>>) -> EventFacts {
    let sub = event.and_then(|event| match &event.request.subject {
        Subject::User(user) => Some(user.sub.to_string()),
        Subject::None | Subject::Invalid => None,
    });
    EventFacts {
        trigger_source: report.trigger_source.clone(),
        reply_version: event.map(|event| match event.version {
            EventVersion::V1 => 1,
            EventVersion::V2 => 2,
        }),
        user_pool_id: report.pool.as_ref().map(ToString::to_string),
        sub,
        client_id: event.and_then(|event| Some(event.client().ok()??.to_string())),
    }
}

fn tenant(report: &Report, case: Case<'_>, is_granted: bool) -> Option<TenantFacts> {
    if let Some((tenant, by)) = &report.details.chosen {
        return Some(TenantFacts {
            tenant_id: tenant.to_string(),
            granted: is_granted,
            chosen_by: Some(by.name()),
            why: explain::chosen(tenant, *by, case.seen).to_owned(),
        });
    }
    let tenant = report.tenant.as_ref()?;
    let is_machine = case.event.is_some_and(|event| event.request.subject == Subject::None);
    let why = if is_machine { "the app client's own tokens carry it" } else { explain::confirmed(case) };
    let chosen_by = is_machine.then_some("client_binding");
    Some(TenantFacts { tenant_id: tenant.to_string(), granted: is_granted, chosen_by, why: why.to_owned() })
}

fn default_tenant(records: Option<&UserRecords>) -> Option<String> {
    records.and_then(|records| records.profile.default_tenant.as_ref()).map(ToString::to_string)
}

fn summary(
    trigger: TriggerKind,
    report: &Report,
    refusal: Option<&RefusalFacts>,
    tenant: Option<&TenantFacts>,
) -> String {
    let named = tenant.map_or("", |tenant| tenant.tenant_id.as_str());
    match (report.outcome, refusal) {
        ("observed", Some(refusal)) => {
            format!("Let through without a tenant by MODE=observe; enforced: {}", refusal.code)
        }
        (_, Some(refusal)) => format!("Refused: {}", refusal.code),
        ("issued", None) => format!("Tokens are issued for {named}"),
        ("joined", None) => format!("Confirmed: the user joins {}", joined(report)),
        ("already_joined", None) if named.is_empty() => "Confirmed: redeemed before".to_owned(),
        ("already_joined", None) => format!("Confirmed: a member already, with {named} as the default"),
        ("admitted", None) => "Confirmed without a tenant: UNINVITED is admit".to_owned(),
        _ => match trigger {
            TriggerKind::PreTokenGeneration => {
                "A token without a tenant: the app client is bound to none for its own tokens".to_owned()
            }
            TriggerKind::PostConfirmation => {
                "Nothing is done: post-confirmation acts on PostConfirmation_ConfirmSignUp alone".to_owned()
            }
        },
    }
}

/// The tenant that was joined.
fn joined(report: &Report) -> String {
    match &report.details.redemption {
        Some(Redemption::Joined(tenant)) => tenant.to_string(),
        Some(Redemption::Already | Redemption::Refused(_)) | None => "no tenant".to_owned(),
    }
}

fn whole(reply: Reply, event: &RawValue) -> Box<RawValue> {
    match reply {
        Reply::Untouched => event.to_owned(),
        Reply::Event(event) => event,
        Reply::Error(public) => {
            let error = BTreeMap::from([("errorType", public.code()), ("errorMessage", public.text())]);
            // Two texts: writing them cannot fail.
            serde_json::value::to_raw_value(&error).unwrap_or_default()
        }
    }
}

/// With microseconds behind the point.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}
