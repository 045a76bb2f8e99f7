//! Cognito pre-token-generation trigger: puts the tenant's id, name and tier, and the user's groups in that tenant, into
//! the ID token and the access token, at every sign-in and refresh, straight from the table.
//!
//! **A token never carries a tenant of which the user is not an active member.** What cannot be proved is refused.

pub mod config;
mod contents;

use cognito_trigger::event::{Envelope, Event, Subject, UnreadableEvent};
use cognito_trigger::failure::PublicError;
use cognito_trigger::{Answer, Call, Report, Trigger, TriggerFailure};
use tenancy::ports::{Invites, Records};
use tenancy::redemption::{Candidate, Redemption};
use tenancy::sign_in::{self, CrossTenant, Grant, SignIn};
use tenancy::{Timestamp, UserKey};
use tenancy_aws::DynamoStore;

pub use config::{Config, FunctionConfig, Mode, PoolGroupPolicy, UnboundMachine};

/// The only source without a user.
const CLIENT_CREDENTIALS: &str = "TokenGeneration_ClientCredentials";

/// The trigger, with what it needs from outside.
pub struct PreTokenGeneration {
    config: Config,
    store: DynamoStore,
}

impl PreTokenGeneration {
    /// Puts the trigger together.
    #[must_use]
    pub fn new(config: Config, store: DynamoStore) -> Self {
        Self { config, store }
    }
}

impl Trigger for PreTokenGeneration {
    async fn handle(&self, call: &Call<'_>, report: &mut Report) -> Result<Answer, TriggerFailure> {
        handle(&self.config, call, &self.store, report).await
    }

    fn settle(&self, report: &mut Report) {
        (report.store_calls, report.store_time) = self.store.meter().take();
    }

    fn admits_refused(&self) -> bool {
        self.config.mode == Mode::Observe
    }
}

/// Handles one event: the event with only `response` replaced, or, for a machine without a tenant, as it came.
///
/// # Errors
///
/// One of the closed list. The mode does not matter here: an error is an error, and observe mode is the loop's business.
pub async fn handle(
    config: &Config,
    call: &Call<'_>,
    store: &(impl Records + Invites),
    report: &mut Report,
) -> Result<Answer, TriggerFailure> {
    let envelope = Envelope::read(call.event)?;
    report.note_source(&envelope.trigger_source);
    report.pool.clone_from(&envelope.pool);
    if !config.pools.admit(envelope.pool.as_ref()) {
        return Err(TriggerFailure::pool_not_allowed());
    }
    let event = envelope.open(&config.tenant_attribute)?;
    match &event.request.subject {
        Subject::User(user) => of_user(config, call, &event, user, store, report).await,
        Subject::None if envelope.trigger_source == CLIENT_CREDENTIALS => {
            of_machine(config, &event, store, report).await
        }
        Subject::None | Subject::Invalid => Err(UnreadableEvent::NoSubject.into()),
    }
}

async fn of_user(
    config: &Config,
    call: &Call<'_>,
    event: &Event<'_>,
    user: &UserKey,
    store: &(impl Records + Invites),
    report: &mut Report,
) -> Result<Answer, TriggerFailure> {
    report.sub = Some(user.sub.clone());
    let request = &event.request;
    let sign_in = SignIn {
        candidate: Candidate {
            user,
            username: event.username.as_ref(),
            verified_email: request.verified_email.as_ref(),
            code: &request.invite_code,
            request_id: call.request_id,
            now: Timestamp::from(call.now),
        },
        client: event.client()?,
        stamp: &request.stamp,
        asked: &request.asked_tenant,
    };
    let decision = sign_in::decide(sign_in, store).await?;
    note_redemption(decision.redemption.as_ref(), report);
    for attempt in decision.cross_tenant {
        warn_of_cross_tenant(attempt, user);
    }
    let grant = decision.grant?;
    let roles_left_out = contents::iam_roles_left_out(config, &grant);
    if roles_left_out > 0 {
        tracing::error!(
            event = "data.integrity",
            tenantId = grant.tenant.id.as_str(),
            roles_left_out,
            "the tenant lists IAM roles that IAM_ROLE_ALLOWLIST does not admit"
        );
    }
    let contents = contents::of_user(config, &grant, &request.pool_groups)?;
    issue(config, event, &contents, &grant, report)
}

async fn of_machine(
    config: &Config,
    event: &Event<'_>,
    store: &impl Records,
    report: &mut Report,
) -> Result<Answer, TriggerFailure> {
    let client = event.client()?.ok_or(UnreadableEvent::NoClient)?;
    match sign_in::decide_machine(&event.pool, client, store).await? {
        Some(grant) => {
            let grant = grant?;
            issue(config, event, &contents::of_machine(config, &grant), &grant, report)
        }
        None if config.unbound_machine == UnboundMachine::Bare => {
            report.outcome = "passed";
            report.reason = Some("unbound_machine");
            Ok(Answer::Untouched)
        }
        None => {
            Err(TriggerFailure { reason: "unbound_machine", ..TriggerFailure::of(PublicError::WrongTenant) })
        }
    }
}

/// Sends the contents, unless they are too large: a token with a part of the groups is worse than none.
fn issue(
    config: &Config,
    event: &Event<'_>,
    contents: &cognito_trigger::reply::TokenContents,
    grant: &Grant,
    report: &mut Report,
) -> Result<Answer, TriggerFailure> {
    report.tenant = Some(grant.tenant.id.clone());
    let bytes = contents.added_bytes(event.version);
    report.claim_bytes = Some(bytes);
    if bytes > config.claim_bytes_max {
        let cause =
            format!("{bytes} bytes for one token, over CLAIM_BYTES_MAX of {}", config.claim_bytes_max);
        report.event = Some("data.integrity");
        return Err(TriggerFailure { public: PublicError::Unavailable, reason: "claims_too_large", cause });
    }
    let reply = event
        .with_response(&contents.response(event.version))
        .map_err(|error| TriggerFailure::unavailable("reply", &error))?;
    report.outcome = "issued";
    report.event = Some("token.issued");
    Ok(Answer::Event(reply))
}

fn note_redemption(redemption: Option<&Redemption>, report: &mut Report) {
    match redemption {
        Some(Redemption::Joined(tenants)) => {
            report.redeemed = u64::try_from(tenants.len()).unwrap_or(u64::MAX);
        }
        Some(Redemption::Already) => report.already_redeemed = 1,
        Some(Redemption::Refused(refusal)) => report.cause = Some(refusal.name().to_owned()),
        None => {}
    }
}

fn warn_of_cross_tenant(attempt: CrossTenant, user: &UserKey) {
    let what = match attempt {
        CrossTenant::Stamp => {
            "the tenant attribute names a tenant that the user is not in; can an app client write it?"
        }
        CrossTenant::Asked => "the request asked for a tenant that the user may not have",
        CrossTenant::Client => "the app client is bound to a tenant that the user is not in",
    };
    tracing::warn!(
        event = "security.cross_tenant",
        reason = attempt.name(),
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        "{what}"
    );
}
