//! Cognito post-confirmation trigger: a confirmed user redeems an invite, becomes a member of its tenant, and is stamped with
//! `custom:tenantId`.
//!
//! Cognito confirms the user before it calls the trigger, whatever the answer, and does not call again. So the membership
//! comes first. A stamp that could not be written is deferred. A join that could not be finished is finished by
//! pre-token-generation at the next sign-in.

pub mod config;

use std::time::Duration;

use cognito_trigger::event::{Event, Subject, UnreadableEvent};
use cognito_trigger::trigger::log_damage;
use cognito_trigger::{Failure, Handled, LogEvent, Outcome, Trigger, TriggerSettings};
use function::{Call, with_causes};
use tenancy::confirm::{self, Confirmation, Confirmed, StampPlan};
use tenancy::join::{Applicant, JoinOutcome};
use tenancy::ports::{JoinStore, Stamps, UserDirectory};
use tenancy::sign_in::{CrossTenant, Notes};
use tenancy::{TenantId, UserKey};
use tokio::time::timeout_at;

pub use config::{Config, Uninvited};

/// The only source that the trigger acts on. A password reset fires the same trigger with another source, and must not join.
const CONFIRM_SIGN_UP: &str = "PostConfirmation_ConfirmSignUp";

/// Time that the stamp leaves of the call's limit, so that a slow write still ends in an answer.
const STAMP_MARGIN: Duration = Duration::from_millis(50);

/// The answer is the event unchanged, `INVITE_REQUIRED` or `UNAVAILABLE`.
pub struct PostConfirmation<'a, S, U> {
    pub config: &'a Config,
    pub store: &'a S,
    pub users: &'a U,
}

impl<S: JoinStore + Stamps, U: UserDirectory> Trigger for PostConfirmation<'_, S, U> {
    fn settings(&self) -> &TriggerSettings {
        &self.config.shared
    }

    fn acts_on(&self, source: &str) -> bool {
        source == CONFIRM_SIGN_UP
    }

    async fn handle(&self, call: &Call<'_>, event: &Event<'_>) -> Handled {
        let Self { config, store, users } = *self;
        let Subject::User(user) = &event.request.subject else {
            return Failure::from(UnreadableEvent::NoSubject).into();
        };
        let confirmation = Confirmation {
            applicant: Applicant {
                is_fresh_from_provider: true,
                ..event.applicant(user, &config.shared, call)
            },
            // A malformed client id is treated as no app client: nothing can be bound to it.
            client: event.client().ok().flatten(),
            asked: &event.request.asked_tenant,
        };
        let confirmed = match confirm::confirm(confirmation, store).await {
            Ok(confirmed) => confirmed,
            Err(error) => return Failure::from(error).into(),
        };
        confirmed.join.damaged.iter().for_each(|damage| log_damage(damage, call.request_id));
        let Confirmed { join, records, stamp } = confirmed;
        let mut notes = Notes::default();
        let stamped = event.request.stamp.given();
        if stamped.is_some_and(|stamped| records.as_ref().is_some_and(|r| r.in_tenant(stamped).is_none())) {
            warn_of_foreign_stamp(user, call.request_id);
            notes.cross_tenant.push(CrossTenant::Stamp);
        }
        let (outcome, tenant) = match &join.outcome {
            JoinOutcome::Joined(tenant) => (Outcome::Joined, Some(tenant.clone())),
            JoinOutcome::Already => (
                Outcome::AlreadyJoined,
                records.as_ref().and_then(|records| records.default_tenant().cloned()),
            ),
            JoinOutcome::Refused(why) if config.uninvited == Uninvited::Refuse => {
                (Outcome::Failed(Failure::NotInvited(*why)), None)
            }
            JoinOutcome::Refused(why) => (Outcome::Admitted(*why), None),
        };
        notes.join = Some(join);
        let mut handled = Handled { tenant, notes, ..Handled::from(outcome) };
        if handled.outcome.failure().is_some() {
            return handled;
        }
        let deferred = match stamp {
            Ok(None) => None,
            Ok(Some(plan)) => {
                let cause = write_stamp(&plan, user, event, call, (store, users)).await.err();
                let deferred = cause.map(|cause| (Some(plan.tenant.clone()), cause));
                handled.stamp = Some(plan);
                deferred
            }
            Err(error) => Some((None, with_causes(&error))),
        };
        if let Some((tenant, cause)) = deferred {
            handled.is_stamp_deferred = true;
            warn_of_deferred_stamp(user, call.request_id, tenant.as_ref(), &cause);
        }
        handled
    }
}

/// Writes the stamp before the call's deadline. After an error the stamp stays pending and the call still succeeds.
async fn write_stamp(
    plan: &StampPlan,
    user: &UserKey,
    event: &Event<'_>,
    call: &Call<'_>,
    (store, users): (&impl Stamps, &impl UserDirectory),
) -> Result<(), String> {
    let username = event.username.as_ref().map_err(ToString::to_string)?;
    let stamped = confirm::stamp(plan, user, username, users, store);
    match timeout_at(call.deadline - STAMP_MARGIN, stamped).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(with_causes(error.as_ref())),
        Err(_elapsed) => Err("no time was left".to_owned()),
    }
}

/// The attribute was set before post-confirmation ran, and names a tenant that the user is not in: an app client lets users
/// write it. Its value is ignored, and the stamp overwrites it.
fn warn_of_foreign_stamp(user: &UserKey, request_id: &str) {
    tracing::warn!(
        event = LogEvent::CrossTenant.name(),
        requestId = request_id,
        reason = CrossTenant::Stamp.name(),
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        "the tenant attribute names a tenant that the user is not in; can an app client write it?"
    );
}

fn warn_of_deferred_stamp(user: &UserKey, request_id: &str, tenant: Option<&TenantId>, cause: &str) {
    tracing::warn!(
        event = LogEvent::StampDeferred.name(),
        requestId = request_id,
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        tenantId = tenant.map(TenantId::as_str),
        cause,
        "the membership is written, and its stamp is pending"
    );
}
