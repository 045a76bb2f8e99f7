//! Cognito pre-token-generation trigger: puts the tenant's id, name and tier, and the user's groups in that tenant, into the
//! ID token and the access token at every sign-in and refresh.
//!
//! **A token never carries a tenant of which the user is not an active member.** If the membership cannot be read, there is
//! no token.

pub mod config;
mod contents;
pub mod size;

use std::time::Duration;

use cognito_trigger::event::{Event, EventVersion, Subject, UnreadableEvent};
use cognito_trigger::marker;
use cognito_trigger::reply::TokenContents;
use cognito_trigger::trigger::log_damage;
use cognito_trigger::{Failure, Handled, LogEvent, Outcome, Trigger, TriggerSettings};
use function::{Call, with_causes};
use serde_json::value::RawValue;
use tenancy::join::{Applicant, DefaultChange, JoinOutcome, Redeem};
use tenancy::ports::{Commit, Defaults, JoinStore, Records};
use tenancy::sign_in::{self, CrossTenant, Grant, NoGrant, Notes, Refusal, SignIn, SignInDecision};
use tenancy::{ClientId, Pool, Timestamp, UserKey};
use tokio::time::timeout_at;

pub use config::{Config, Mode, PoolGroupPolicy, UnboundMachine};

/// The source of every federated sign-in, also of one that managed login answers from its own session. At all other sources
/// the user may have changed the attributes since the provider sent them.
const HOSTED_AUTH: &str = "TokenGeneration_HostedAuth";

/// The source of a refresh through `InitiateAuth` or the token endpoint.
const REFRESH: &str = "TokenGeneration_RefreshTokens";

/// Time that the move of a default tenant leaves of the call's limit, so that a slow write still ends in an answer.
const MOVE_MARGIN: Duration = Duration::from_millis(50);

/// Maximum number of groups in one token.
const MAX_GROUPS: usize = 100;

/// The only source of events without a user.
const CLIENT_CREDENTIALS: &str = "TokenGeneration_ClientCredentials";

/// The answer is the event with only `response` replaced or, for a machine without a tenant, unchanged.
pub struct PreTokenGeneration<'a, C, S> {
    pub config: &'a Config,
    /// May answer from a cache.
    pub cached: &'a C,
    /// Must not answer from a cache.
    pub store: &'a S,
}

impl<C: Records, S: JoinStore + Defaults> Trigger for PreTokenGeneration<'_, C, S> {
    fn settings(&self) -> &TriggerSettings {
        &self.config.shared
    }

    /// Every source: a token of an unknown source must not lack its tenant.
    fn acts_on(&self, _source: &str) -> bool {
        true
    }

    async fn handle(&self, call: &Call<'_>, event: &Event<'_>) -> Handled {
        let Self { config, cached, store } = *self;
        match &event.request.subject {
            Subject::User(user) => of_user(config, call, (event, user), cached, store).await,
            Subject::None if event.trigger_source == CLIENT_CREDENTIALS => {
                of_machine(config, call, event, cached).await.unwrap_or_else(Handled::from)
            }
            Subject::None | Subject::Invalid => Failure::from(UnreadableEvent::NoSubject).into(),
        }
    }

    fn failure_event(&self) -> Option<LogEvent> {
        Some(LogEvent::TokenDenied)
    }

    /// A token without a tenant must not have the marker, also if its app client asked for it.
    fn observed(&self, event: &str) -> Option<Box<RawValue>> {
        match self.config.mode {
            Mode::Enforce => None,
            Mode::Observe => marker::withheld(event, self.config.marker_scope.as_ref()),
        }
    }
}

async fn of_user(
    config: &Config,
    call: &Call<'_>,
    (event, user): (&Event<'_>, &UserKey),
    cached: &impl Records,
    store: &(impl JoinStore + Defaults),
) -> Handled {
    let (client, tokens) = match event.client().and_then(|client| Ok((client, event.token_request()?))) {
        Ok(read) => read,
        Err(error) => return Failure::from(error).into(),
    };
    let sign_in = SignIn {
        applicant: Applicant {
            is_fresh_from_provider: event.trigger_source == HOSTED_AUTH,
            is_refresh: event.trigger_source == REFRESH,
            ..event.applicant(user, &config.shared, call)
        },
        client,
        stamp: &event.request.stamp,
        asked: &event.request.asked_tenant,
    };
    let SignInDecision { grant, notes } = sign_in::decide(sign_in, cached, store).await;
    log_notes(&notes, user, call.request_id);
    let mut handled = match grant {
        Ok(grant) => match contents::of_user(config, &grant, &tokens) {
            Ok((contents, iam_roles_left_out)) => {
                if iam_roles_left_out > 0 {
                    log_left_out(iam_roles_left_out, &grant, call.request_id);
                }
                Handled { iam_roles_left_out, ..issue(config, event, tokens.version, &contents, &grant) }
            }
            Err(error) => Failure::from(error).into(),
        },
        Err(NoGrant::Refused(Refusal::InviteRequired)) => {
            let why = notes.join_outcome().and_then(JoinOutcome::refusal);
            Failure::Refused(Refusal::InviteRequired, why).into()
        }
        Err(none) => Failure::from(none).into(),
    };
    // Written last, so that the default stays when no token could be issued.
    if let (Outcome::Issued(_), Some(change)) = (&handled.outcome, &notes.default_change)
        && config.shared.redeem == Redeem::On
    {
        move_default(change, user, call, store).await;
    }
    handled.notes = notes;
    handled
}

/// Writes the new default tenant before the call's deadline. A failed write does not fail the sign-in: the next one falls back
/// to the same tenant.
async fn move_default(change: &DefaultChange, user: &UserKey, call: &Call<'_>, store: &impl Defaults) {
    let write = store.move_default(user, change, Timestamp::from(call.now), call.request_id);
    let cause = match timeout_at(call.deadline - MOVE_MARGIN, write).await {
        Ok(Ok(Commit::Done)) => return,
        Ok(Ok(Commit::Outdated)) => "another call has changed it".to_owned(),
        Ok(Err(error)) => with_causes(&error),
        Err(_elapsed) => "no time was left".to_owned(),
    };
    tracing::warn!(
        requestId = call.request_id,
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        tenantId = change.to.as_str(),
        cause,
        "the default tenant was not moved"
    );
}

async fn of_machine(
    config: &Config,
    call: &Call<'_>,
    event: &Event<'_>,
    cached: &impl Records,
) -> Result<Handled, Failure> {
    let client = event.client()?.ok_or(UnreadableEvent::NoClient)?;
    let tokens = event.token_request()?;
    let pool = Pool { id: &event.pool, tenant: config.shared.pool_tenant.as_ref() };
    match sign_in::decide_machine(pool, client, cached).await? {
        Some(grant) => {
            let grant = grant?;
            let contents = contents::of_machine(config, &grant, &tokens);
            Ok(issue(config, event, tokens.version, &contents, &grant))
        }
        // Its token would say that it has a tenant.
        None if config.marker_scope.as_ref().is_some_and(|marker| marker.is_among(&tokens.scopes)) => {
            warn_of_marker(event, client, call.request_id);
            Err(Failure::MarkerRequested)
        }
        None if config.unbound_machine == UnboundMachine::Bare => Ok(Outcome::UnboundMachine.into()),
        None => Err(Failure::UnboundMachine),
    }
}

/// Sends the contents unless they are too large. They are not trimmed: a token with some of the groups is worse than none.
fn issue(
    config: &Config,
    event: &Event<'_>,
    version: EventVersion,
    contents: &TokenContents,
    grant: &Grant,
) -> Handled {
    let response = contents.response(version);
    let (bytes, groups) = (response.added_bytes, contents.groups.count());
    let outcome = if bytes > config.claim_bytes_max || groups > MAX_GROUPS {
        let (max_bytes, max_groups) = (config.claim_bytes_max, MAX_GROUPS);
        Outcome::Failed(Failure::ClaimsTooLarge { bytes, max_bytes, groups, max_groups })
    } else {
        match event.with_response(&response.json) {
            Ok(reply) => Outcome::Issued(reply),
            Err(error) => Outcome::Failed(Failure::Reply(error)),
        }
    };
    Handled { tenant: Some(grant.tenant.id.clone()), claim_bytes: Some(bytes), ..outcome.into() }
}

fn log_notes(notes: &Notes, user: &UserKey, request_id: &str) {
    notes.all_damaged().for_each(|damage| log_damage(damage, request_id));
    if let Some(outcome) = notes.join_outcome() {
        log_join(outcome, user, request_id);
    }
    for attempt in &notes.cross_tenant {
        warn_of_cross_tenant(*attempt, user, request_id);
    }
}

/// Logs a join at a sign-in. Post-confirmation reports the same facts in its line per call.
fn log_join(outcome: &JoinOutcome, user: &UserKey, request_id: &str) {
    let (sub, pool) = (user.sub.as_str(), user.pool.as_str());
    match outcome {
        JoinOutcome::Joined(tenant) => tracing::info!(
            event = LogEvent::InviteRedeemed.name(),
            requestId = request_id,
            sub,
            userPoolId = pool,
            tenantId = tenant.as_str(),
            "joined at sign-in"
        ),
        JoinOutcome::Already => {}
        JoinOutcome::Refused(why) => tracing::info!(
            event = LogEvent::InviteRefused.name(),
            requestId = request_id,
            reason = why.name(),
            sub,
            userPoolId = pool,
            "the user joined no tenant at sign-in"
        ),
    }
}

fn log_left_out(roles_left_out: usize, grant: &Grant, request_id: &str) {
    tracing::error!(
        event = LogEvent::DataIntegrity.name(),
        requestId = request_id,
        tenantId = grant.tenant.id.as_str(),
        roles_left_out,
        "IAM_ROLE_ALLOWLIST does not allow some IAM roles of the tenant"
    );
}

fn warn_of_cross_tenant(attempt: CrossTenant, user: &UserKey, request_id: &str) {
    let what = match attempt {
        CrossTenant::Stamp => {
            "the tenant attribute names a tenant that the user has never been in; can an app client write it?"
        }
        CrossTenant::Asked => "the request asked for a tenant that the user has never been in",
        CrossTenant::Client => "the app client is bound to a tenant that the user has never been in",
    };
    tracing::warn!(
        event = LogEvent::CrossTenant.name(),
        requestId = request_id,
        reason = attempt.name(),
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        "{what}"
    );
}

fn warn_of_marker(event: &Event<'_>, client: &ClientId, request_id: &str) {
    tracing::warn!(
        event = LogEvent::CrossTenant.name(),
        requestId = request_id,
        reason = "marker_requested",
        clientId = client.as_str(),
        userPoolId = event.pool.as_str(),
        "an app client without a tenant asked for the marker scope; may it ask for it?"
    );
}
