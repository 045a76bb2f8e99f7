//! From what was played to the document.

use std::collections::BTreeMap;
use std::time::Duration;

use cognito_trigger::event::{EventVersion, Subject};
use cognito_trigger::{Envelope, Event, Handled, Incoming, Outcome, PublicError};
use serde_json::value::RawValue;
use tenancy::join::JoinOutcome;
use tenancy::{TenantId, Timestamp, UserRecords};

use super::case::Case;
use super::document::{
    BindingFacts, DefaultFacts, Document, EventFacts, RefusalFacts, StampFacts, StoreFacts, TenantFacts,
};
use super::explain;
use super::facts::{memberships, not_redeemed, redemptions, warnings};
use super::input::Recorded;
use super::play::Played;
use super::settings::Variables;
use super::tokens::compare;
use super::triggers::{Config, TriggerKind};
use crate::moment::Moment;

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
    let event = recorded.event.get();
    let envelope = Envelope::read(event).ok();
    let opened = envelope.and_then(|envelope| envelope.open(&config.shared().tenant_attribute).ok());
    let Played { incoming, handled, seen, reads, read_time } = played;
    let case = Case {
        event: opened.as_ref(),
        seen: &seen,
        notes: &handled.notes,
        is_fresh: recorded.trigger == TriggerKind::PostConfirmation
            || incoming.source.as_deref() == Some("TokenGeneration_HostedAuth"),
        settings: config.shared(),
    };
    let is_refused = matches!(handled.outcome, Outcome::Failed(_));
    let refusal = handled.outcome.failure().map(|failure| {
        let told = failure.told();
        let explanation = explain::refused(&told, case);
        RefusalFacts {
            code: told.public.code(),
            told: told.public.text(),
            reason: told.reason,
            cause: told.cause,
            why: explanation.why(),
            because: explanation.because,
            more: explanation.more,
            advice: explanation.advice,
            let_through: !is_refused,
        }
    });
    let tokens = match (&handled.outcome, &opened) {
        (Outcome::Issued(reply), Some(opened)) => {
            let groups = opened.token_request().map(|tokens| tokens.pool_groups).unwrap_or_default();
            Some(compare(&recorded.event, &groups, reply))
        }
        _ => None,
    };
    let tenant = tenant(&handled, case);
    let stamp = handled.stamp.as_ref().filter(|_| !handled.is_stamp_deferred);
    Document {
        outcome: handled.outcome.told().outcome,
        refused: is_refused,
        summary: summary(recorded.trigger, &handled, refusal.as_ref(), tenant.as_ref()),
        trigger: recorded.trigger.name(),
        event: event_facts(&incoming, opened.as_ref()),
        at: Moment(at),
        tenant,
        refusal,
        client_binding: seen
            .binding
            .as_ref()
            .map(|binding| BindingFacts { tenant_id: binding.tenant.to_string(), mode: binding.mode.name() }),
        memberships: seen.records.as_ref().map(|records| memberships(records, case)),
        default_tenant_id: default_tenant(seen.records.as_ref()),
        redemption: handled.notes.join_outcome().map(|outcome| match outcome {
            JoinOutcome::Joined(_) => "joined",
            JoinOutcome::Already => "already",
            JoinOutcome::Refused(why) => why.name(),
        }),
        would_redeem: redemptions(case),
        not_redeemed: not_redeemed(case),
        would_move_default: seen.default_change.as_ref().map(|change| DefaultFacts {
            from: change.from.as_ref().map(ToString::to_string),
            to: change.to.to_string(),
        }),
        would_stamp: stamp.map(|plan| StampFacts {
            attribute: config.shared().tenant_attribute.clone(),
            tenant_id: plan.tenant.to_string(),
            memberships: plan.memberships.iter().map(ToString::to_string).collect(),
        }),
        tokens,
        claim_bytes_max: config.claim_bytes_max(),
        warnings: warnings(&handled),
        store: StoreFacts { reads, read_ms: milliseconds(read_time), withheld_writes: seen.writes },
        settings: variables,
        reply: with_reply.then(|| whole(handled.outcome.into_answer(event))),
    }
}

fn event_facts(incoming: &Incoming, event: Option<&Event<'_>>) -> EventFacts {
    let sub = event.and_then(|event| match &event.request.subject {
        Subject::User(user) => Some(user.sub.to_string()),
        Subject::None | Subject::Invalid => None,
    });
    EventFacts {
        trigger_source: incoming.source.clone(),
        reply_version: event.and_then(|event| event.token_request().ok()).map(|tokens| {
            match tokens.version {
                EventVersion::V1 => 1,
                EventVersion::V2 => 2,
            }
        }),
        user_pool_id: incoming.pool.as_ref().map(ToString::to_string),
        sub,
        client_id: event.and_then(|event| Some(event.client().ok()??.to_string())),
    }
}

fn tenant(handled: &Handled, case: Case<'_>) -> Option<TenantFacts> {
    let granted = handled.outcome.failure().is_none();
    let records = case.seen.records_after();
    let facts = |tenant: &TenantId, chosen_by, why: &str| TenantFacts {
        tenant_id: tenant.to_string(),
        granted,
        tier: case.seen.tenant(tenant).map(|tenant| tenant.tier.to_string()),
        roles: records
            .as_ref()
            .and_then(|records| records.in_tenant(tenant))
            .map(|membership| membership.roles.iter().map(ToString::to_string).collect()),
        chosen_by,
        why: why.to_owned(),
    };
    if let Some((tenant, by)) = &handled.notes.chosen {
        return Some(facts(tenant, Some(by.name()), explain::chosen(tenant, *by, case)));
    }
    let tenant = handled.tenant.as_ref()?;
    let is_machine = case.event.is_some_and(|event| event.request.subject == Subject::None);
    let why = match case.seen.binding {
        None if is_machine => case.bound_by(),
        Some(_) if is_machine => "the app client's own tokens carry it",
        _ => explain::confirmed(case),
    };
    let chosen_by = is_machine.then_some("client_binding");
    Some(facts(tenant, chosen_by, why))
}

fn default_tenant(records: Option<&UserRecords>) -> Option<String> {
    records.and_then(|records| records.profile.default_tenant.as_ref()).map(ToString::to_string)
}

fn summary(
    trigger: TriggerKind,
    handled: &Handled,
    refusal: Option<&RefusalFacts>,
    tenant: Option<&TenantFacts>,
) -> String {
    let named = tenant.map_or("", |tenant| tenant.tenant_id.as_str());
    let code = refusal.map_or("", |refusal| refusal.code);
    match &handled.outcome {
        Outcome::Observed(..) => {
            format!("Tokens without a tenant (MODE=observe); MODE=enforce would refuse: {code}")
        }
        Outcome::Failed(_) => format!("Refused: {code}"),
        Outcome::Issued(_) => format!("Tokens are issued for {named}"),
        Outcome::Joined => format!("Confirmed: the user joins {named}"),
        Outcome::AlreadyJoined if named.is_empty() => "Confirmed: redeemed before".to_owned(),
        Outcome::AlreadyJoined => format!("Confirmed: a member already, with {named} as the default"),
        Outcome::Admitted(_) => "Confirmed without a tenant: UNINVITED is admit".to_owned(),
        Outcome::UnboundMachine => {
            "A token without a tenant: the app client has no binding with mode `machine`".to_owned()
        }
        Outcome::Passed => {
            format!("Nothing is done: {} acts on PostConfirmation_ConfirmSignUp alone", trigger.name())
        }
    }
}

/// What goes back to Cognito; an error as Lambda sends it.
fn whole(answer: Result<Box<RawValue>, PublicError>) -> Box<RawValue> {
    answer.unwrap_or_else(|public| {
        let error = BTreeMap::from([("errorType", public.code()), ("errorMessage", public.text())]);
        // Two texts: writing them cannot fail.
        serde_json::value::to_raw_value(&error).unwrap_or_default()
    })
}

/// With microseconds behind the point.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}
