//! What a replay says: the JSON document, from which the page for people is made too.

use std::collections::BTreeMap;
use std::time::Duration;

use cognito_trigger::event::{EventVersion, Subject};
use cognito_trigger::{Envelope, Event, Report};
use serde::Serialize;
use serde_json::value::RawValue;
use tenancy::redemption::Redemption;
use tenancy::{ClientBindingMode, Membership, Stamp, Timestamp, UserRecords};

use super::advice::Advice;
use super::explain::{self, Case};
use super::facts::{
    self, MembershipFacts, NotRedeemedFacts, RedemptionFacts, Warning, memberships, not_redeemed, redemptions,
};
use super::input::{Recorded, TriggerKind};
use super::play::{Played, Reply};
use super::settings::{Config, Variables};
use super::tokens::{Tokens, compare};
use crate::commands::arguments::rfc3339;

/// What came of a replay.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// How it ends, as the functions' metric `Outcome` says it (docs/log-fields.md).
    pub(super) outcome: &'static str,
    /// Whether the user, or machine, is refused.
    pub(super) refused: bool,
    /// How it ends, in a sentence.
    pub(super) summary: String,
    /// The function: `pre-token-generation` or `post-confirmation`.
    pub(super) trigger: &'static str,
    pub(super) event: EventFacts,
    /// When the event was played to be: RFC 3339, UTC.
    pub(super) at: String,
    /// The tenant that was chosen, granted or not.
    pub(super) tenant: Option<TenantFacts>,
    /// Why there is no token or no membership; in observe mode, why there would be none.
    pub(super) refusal: Option<RefusalFacts>,
    /// The app client's binding; `None` when there is none, or none was read.
    pub(super) client_binding: Option<BindingFacts>,
    /// The user's memberships as they are in the table; `None` when none were read.
    pub(super) memberships: Option<Vec<MembershipFacts>>,
    /// The user's default tenant as it is in the table.
    pub(super) default_tenant_id: Option<String>,
    /// `joined`, `already` or the reason of docs/log-fields.md; `None` when redeeming was not tried.
    pub(super) redemption: Option<&'static str>,
    /// What would be redeemed.
    pub(super) would_redeem: Vec<RedemptionFacts>,
    /// What was on offer and is refused.
    pub(super) not_redeemed: Vec<NotRedeemedFacts>,
    /// The user attribute that would be written.
    pub(super) would_stamp: Option<StampFacts>,
    /// What changes in the tokens; `None` when nothing does.
    pub(super) tokens: Option<Tokens>,
    /// `CLAIM_BYTES_MAX`, of pre-token-generation.
    pub(super) claim_bytes_max: Option<usize>,
    /// What the function would log as worth a look.
    pub(super) warnings: Vec<Warning>,
    pub(super) store: StoreFacts,
    /// The settings that are not left at their defaults.
    pub(super) settings: Variables,
    /// What goes back to Cognito, byte for byte; only when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<Box<RawValue>>,
}

/// The event, without personal data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventFacts {
    pub(super) trigger_source: Option<String>,
    /// The shape of the reply, 1 or 2; events of version 3 are answered in that of 2.
    pub(super) reply_version: Option<u8>,
    pub(super) user_pool_id: Option<String>,
    pub(super) sub: Option<String>,
    pub(super) client_id: Option<String>,
}

/// The tenant that was chosen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantFacts {
    pub(super) tenant_id: String,
    /// Whether tokens carry it, or the user is in it; not so when it is suspended, for one.
    pub(super) granted: bool,
    /// `client_binding`, `asked`, `default`, `only_membership`; of post-confirmation `None`.
    pub(super) chosen_by: Option<&'static str>,
    pub(super) why: String,
}

/// Why not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefusalFacts {
    /// The code of docs/errors.md.
    pub(super) code: &'static str,
    /// What the user is told.
    pub(super) told: &'static str,
    /// The reason in the function's log.
    pub(super) reason: &'static str,
    /// The cause in the function's log.
    pub(super) cause: Option<String>,
    pub(super) why: String,
    pub(super) advice: Vec<Advice>,
    /// Whether MODE=observe lets it through all the same.
    pub(super) let_through: bool,
}

/// The app client's binding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BindingFacts {
    pub(super) tenant_id: String,
    pub(super) mode: &'static str,
}

/// A user attribute that would be written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StampFacts {
    pub(super) attribute: String,
    pub(super) tenant_id: String,
    /// The memberships that would be noted as stamped.
    pub(super) memberships: Vec<String>,
}

/// What it cost.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoreFacts {
    /// Calls of the table, with nothing remembered from earlier events.
    pub(super) reads: u64,
    /// Their durations, summed, in milliseconds; from here, not from the function.
    pub(super) read_ms: f64,
    /// Writes that were not made: of the table, and of the user pool.
    pub(super) withheld_writes: u64,
}

/// What is known besides what was played.
pub(super) struct Setting<'a> {
    pub(super) recorded: &'a Recorded,
    pub(super) config: &'a Config,
    pub(super) variables: Variables,
    pub(super) at: Timestamp,
    pub(super) with_reply: bool,
}

/// Puts the document together.
pub(super) fn document(setting: Setting<'_>, played: Played) -> Document {
    let Setting { recorded, config, variables, at, with_reply } = setting;
    let envelope = Envelope::read(&recorded.event).ok();
    let event = envelope.as_ref().and_then(|envelope| envelope.open(config.tenant_attribute()).ok());
    let Played { reply, failure, report, seen, reads, read_time } = played;
    let case = Case { event: event.as_ref(), seen: &seen, details: &report.details };
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
        client_binding: seen.binding.as_ref().map(|binding| BindingFacts {
            tenant_id: binding.tenant.to_string(),
            mode: match binding.mode {
                ClientBindingMode::Required => "required",
                ClientBindingMode::Machine => "machine",
            },
        }),
        memberships: seen.records.as_ref().map(|records| memberships(records, &seen)),
        default_tenant_id: default_tenant(seen.records.as_ref()),
        redemption: report.details.redemption.as_ref().map(|redemption| match redemption {
            Redemption::Joined(_) => "joined",
            Redemption::Already => "already",
            Redemption::Refused(why) => why.name(),
        }),
        would_redeem: redemptions(case),
        not_redeemed: not_redeemed(case),
        would_stamp: report.details.stamp.as_ref().filter(|_| report.stamps_deferred == 0).map(|plan| {
            StampFacts {
                attribute: config.tenant_attribute().to_owned(),
                tenant_id: plan.tenant.to_string(),
                memberships: plan.memberships.iter().map(ToString::to_string).collect(),
            }
        }),
        tokens,
        claim_bytes_max: config.claim_bytes_max(),
        warnings: facts::warnings(&report),
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
            format!("Let through without a tenant by MODE=observe; refused else: {}", refusal.code)
        }
        (_, Some(refusal)) => format!("Refused: {}", refusal.code),
        ("issued", None) => format!("Tokens are issued for {named}"),
        ("joined", None) => format!("Confirmed: the user joins {named}"),
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

/// Whether a membership's stamp has been written.
pub(super) fn stamp_text(membership: &Membership) -> &'static str {
    match membership.stamp {
        Stamp::Pending => "pending",
        Stamp::Done => "done",
    }
}

/// With microseconds behind the point.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}
