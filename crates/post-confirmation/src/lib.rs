//! Cognito post-confirmation trigger: a user who has just been confirmed redeems an invite, becomes a member of its
//! tenant, and is stamped with `custom:tenantId`.
//!
//! The user is confirmed before this runs, whatever it answers, and Cognito does not run it again. So the membership is
//! what counts: a stamp that could not be written is deferred, and a redemption that could not be finished is finished by
//! pre-token-generation at the next sign-in.

pub mod config;

use std::time::Duration;

use cognito_trigger::event::{Envelope, Subject, UnreadableEvent, UnusableUsername};
use cognito_trigger::failure::with_causes;
use cognito_trigger::logging::log_damage;
use cognito_trigger::report::Details;
use cognito_trigger::{Answer, Call, PublicError, Report, Trigger, TriggerFailure};
use tenancy::onboarding::{self, Confirmation, StampPlan};
use tenancy::ports::{Invites, Records, Stamps, UserDirectory};
use tenancy::redemption::{Candidate, Redemption};
use tenancy::sign_in::CrossTenant;
use tenancy::{TenantId, Timestamp, UserKey, Username};
use tenancy_aws::{CognitoUsers, DynamoStore};
use tokio::time::timeout_at;

pub use config::{Config, FunctionConfig, Uninvited};

/// The only source that acts. A reset of the password fires the same trigger with another source, and must not redeem.
const CONFIRM_SIGN_UP: &str = "PostConfirmation_ConfirmSignUp";

/// What the stamp leaves of the time, so that a deferred one still ends in an answer.
const STAMP_MARGIN: Duration = Duration::from_millis(50);

/// The trigger, with what it needs from outside.
pub struct PostConfirmation {
    config: Config,
    store: DynamoStore,
    users: CognitoUsers,
}

impl PostConfirmation {
    /// Puts the trigger together.
    #[must_use]
    pub fn new(config: Config, store: DynamoStore, users: CognitoUsers) -> Self {
        Self { config, store, users }
    }
}

impl Trigger for PostConfirmation {
    async fn handle(&self, call: &Call<'_>, report: &mut Report) -> Result<Answer, TriggerFailure> {
        handle(&self.config, call, &self.store, &self.users, report).await
    }

    fn settle(&self, _: &Call<'_>, report: &mut Report) {
        (report.store_calls, report.store_time) = self.store.meter().take();
    }
}

/// Handles one event. The answer is always the event as it came.
///
/// # Errors
///
/// `INVITE_REQUIRED` when no invite admits the user and `UNINVITED` is `refuse`; `UNAVAILABLE` when the store gave no
/// answer, the event cannot be read, or the pool is not one of `USER_POOL_IDS`.
pub async fn handle(
    config: &Config,
    call: &Call<'_>,
    store: &(impl Records + Invites + Stamps),
    users: &impl UserDirectory,
    report: &mut Report,
) -> Result<Answer, TriggerFailure> {
    let envelope = Envelope::read(call.event)?;
    report.note_source(&envelope.trigger_source);
    report.pool.clone_from(&envelope.pool);
    if !config.pools.admit(envelope.pool.as_ref()) {
        return Err(TriggerFailure::pool_not_allowed());
    }
    if envelope.trigger_source != CONFIRM_SIGN_UP {
        report.outcome = "passed";
        return Ok(Answer::Untouched);
    }
    let event = envelope.open(&config.tenant_attribute)?;
    let Subject::User(user) = &event.request.subject else { return Err(UnreadableEvent::NoSubject.into()) };
    report.sub = Some(user.sub.clone());

    let confirmation = Confirmation {
        candidate: Candidate {
            user,
            username: event.username.as_ref().ok(),
            email: event.request.email.as_ref(),
            is_email_verified: event.request.is_email_verified,
            identities: &event.request.identities,
            is_fresh_from_provider: true,
            verified_providers: &config.verified_providers,
            is_refresh: false,
            code: &event.request.invite_code,
            request_id: call.request_id,
            now: Timestamp::from(call.now),
        },
        // A client id that is malformed belongs to no app client, so nothing is bound to it.
        client: event.client().ok().flatten(),
        asked: &event.request.asked_tenant,
    };
    let joined = onboarding::confirm(confirmation, store).await?;
    joined.damaged.iter().for_each(|damage| log_damage(damage, call.request_id));
    report.details = Details {
        redemption: Some(joined.redemption.clone()),
        refused: joined.refused,
        damaged: joined.damaged,
        ..Details::default()
    };
    let stamped = event.request.stamp.tenant();
    if stamped.is_some_and(|stamped| joined.records.as_ref().is_some_and(|r| r.in_tenant(stamped).is_none()))
    {
        warn_of_foreign_stamp(user, call.request_id);
        report.details.cross_tenant.push(CrossTenant::Stamp);
    }
    match joined.redemption {
        Redemption::Joined(tenant) => {
            report.outcome = "joined";
            report.event = Some("invite.redeemed");
            report.redeemed = 1;
            report.tenant = Some(tenant);
        }
        Redemption::Already => {
            report.outcome = "already_joined";
            report.already_redeemed = 1;
            report.tenant = joined.records.as_ref().and_then(|records| records.default_tenant().cloned());
        }
        Redemption::Refused(refusal) => {
            report.event = Some("invite.refused");
            if config.uninvited == Uninvited::Refuse {
                return Err(TriggerFailure {
                    reason: refusal.name(),
                    ..TriggerFailure::of(PublicError::InviteRequired)
                });
            }
            report.outcome = "admitted";
            report.reason = Some(refusal.name());
        }
    }
    match joined.stamp {
        Ok(None) => {}
        Ok(Some(plan)) => {
            stamp(&plan, user, event.username.as_ref(), call, (store, users), report).await;
            report.details.stamp = Some(plan);
        }
        Err(error) => defer(user, call, None, &with_causes(&error), report),
    }
    Ok(Answer::Untouched)
}

/// The attribute was set before anybody stamped it, and names a tenant that the user is not in: an app client lets its
/// users write it. It is ignored here and overwritten by the stamp.
fn warn_of_foreign_stamp(user: &UserKey, request_id: &str) {
    tracing::warn!(
        event = "security.cross_tenant",
        requestId = request_id,
        reason = CrossTenant::Stamp.name(),
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        "the tenant attribute names a tenant that the user is not in; can an app client write it?"
    );
}

/// Writes the stamp within what is left of the time. Whatever goes wrong, the user is whole: it stays pending.
async fn stamp(
    plan: &StampPlan,
    user: &UserKey,
    username: Result<&Username, &UnusableUsername>,
    call: &Call<'_>,
    (store, users): (&impl Stamps, &impl UserDirectory),
    report: &mut Report,
) {
    let cause = match username {
        Err(why) => why.to_string(),
        Ok(username) => {
            let deadline = call.deadline - STAMP_MARGIN;
            let stamped = timeout_at(deadline, onboarding::stamp(plan, user, username, users, store)).await;
            match stamped {
                Ok(Ok(())) => return,
                Ok(Err(error)) => with_causes(error.as_ref()),
                Err(_elapsed) => "no time was left".to_owned(),
            }
        }
    };
    defer(user, call, Some(&plan.tenant), &cause, report);
}

/// The user is whole: the membership is written, and the stamp stays pending.
fn defer(user: &UserKey, call: &Call<'_>, tenant: Option<&TenantId>, cause: &str, report: &mut Report) {
    report.stamps_deferred = 1;
    tracing::warn!(
        event = "stamp.deferred",
        requestId = call.request_id,
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        tenantId = tenant.map(TenantId::as_str),
        cause,
        "the membership is written, and its stamp is pending"
    );
}
