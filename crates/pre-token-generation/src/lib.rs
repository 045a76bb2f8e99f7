//! Cognito pre-token-generation trigger: puts the tenant's id, name and tier, and the user's groups in that tenant, into
//! the ID token and the access token, at every sign-in and refresh, from the table.
//!
//! **A token never carries a tenant of which the user is not an active member.** What cannot be proved is refused.

pub mod config;
mod contents;
pub mod size;

use std::time::Duration;

use cognito_trigger::event::{Envelope, Event, Subject, UnreadableEvent};
use cognito_trigger::failure::{PublicError, with_causes};
use cognito_trigger::logging::log_damage;
use cognito_trigger::report::Details;
use cognito_trigger::{Answer, Call, Report, Trigger, TriggerFailure};
use tenancy::choice::Refusal;
use tenancy::ports::{Commit, Defaults, Invites, Records};
use tenancy::redemption::{Candidate, DefaultChange, Redemption};
use tenancy::sign_in::{self, CrossTenant, Grant, NoGrant, Notes, SignIn, SignInDecision};
use tenancy::{TenantId, Timestamp, UserKey};
use tenancy_aws::cache::Clock;
use tenancy_aws::{CachedStore, DynamoStore};
use tokio::time::timeout_at;

pub use config::{Config, FunctionConfig, Mode, PoolGroupPolicy, UnboundMachine};

/// The source of every federated sign-in. At all other sources the user may have changed the attributes since the provider
/// sent them; a session that managed login still holds comes back with this source too.
const HOSTED_AUTH: &str = "TokenGeneration_HostedAuth";

/// The source of a refresh through `InitiateAuth` or the token endpoint.
const REFRESH: &str = "TokenGeneration_RefreshTokens";

/// What the move of a default tenant leaves of the time, so that a slow one still ends in an answer.
const MOVE_MARGIN: Duration = Duration::from_millis(50);

/// Most groups of one token.
const MAX_GROUPS: usize = 100;

/// The only source without a user.
const CLIENT_CREDENTIALS: &str = "TokenGeneration_ClientCredentials";

/// The trigger, with what it needs from outside.
pub struct PreTokenGeneration {
    config: Config,
    store: CachedStore<DynamoStore>,
}

impl PreTokenGeneration {
    /// Puts the trigger together; `clock` tells how old what is remembered is.
    #[must_use]
    pub fn new(config: Config, store: DynamoStore, clock: Clock) -> Self {
        let store = CachedStore::new(store, config.cache, clock);
        Self { config, store }
    }
}

impl Trigger for PreTokenGeneration {
    async fn handle(&self, call: &Call<'_>, report: &mut Report) -> Result<Answer, TriggerFailure> {
        handle(&self.config, call, &self.store, report).await
    }

    fn settle(&self, call: &Call<'_>, report: &mut Report) {
        (report.store_calls, report.store_time) = self.store.store().meter().take();
        let cache = self.store.meter().take();
        (report.cache_hits, report.cache_misses, report.stale_served) =
            (cache.hits, cache.misses, cache.stale);
        if cache.stale > 0 {
            let tenant = report.tenant.as_ref().map(TenantId::as_str);
            tracing::warn!(
                event = "cache.stale",
                requestId = call.request_id,
                tenantId = tenant,
                "the store gave no answer, and a tenant was served as last seen"
            );
        }
    }

    fn denial_event(&self) -> Option<&'static str> {
        Some("token.denied")
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
    store: &(impl Records + Invites + Defaults),
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
        Subject::User(user) => {
            of_user(config, call, &event, (user, &envelope.trigger_source), store, report).await
        }
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
    (user, trigger_source): (&UserKey, &str),
    store: &(impl Records + Invites + Defaults),
    report: &mut Report,
) -> Result<Answer, TriggerFailure> {
    report.sub = Some(user.sub.clone());
    let request = &event.request;
    let sign_in = SignIn {
        candidate: Candidate {
            user,
            username: event.username.as_ref().ok(),
            email: request.email.as_ref(),
            is_email_verified: request.is_email_verified,
            identities: &request.identities,
            is_fresh_from_provider: trigger_source == HOSTED_AUTH,
            verified_providers: &config.verified_providers,
            is_refresh: trigger_source == REFRESH,
            code: &request.invite_code,
            request_id: call.request_id,
            now: Timestamp::from(call.now),
        },
        client: event.client()?,
        stamp: &request.stamp,
        asked: &request.asked_tenant,
    };
    let SignInDecision { grant, notes } = sign_in::decide(sign_in, store).await;
    notes.damaged.iter().for_each(|damage| log_damage(damage, call.request_id));
    note_redemption(notes.redemption.as_ref(), user, call, report);
    for attempt in &notes.cross_tenant {
        warn_of_cross_tenant(*attempt, user, call.request_id);
    }
    let Notes { chosen, default_change, redemption, refused, damaged, cross_tenant } = notes;
    report.details =
        Details { chosen, default_change, redemption, refused, damaged, cross_tenant, ..Details::default() };
    let grant = grant.map_err(|none| failure(none, report.details.redemption.as_ref()))?;
    let (contents, roles_left_out) = contents::of_user(config, &grant, &request.pool_groups)?;
    report.details.iam_roles_left_out = roles_left_out;
    if roles_left_out > 0 {
        tracing::error!(
            event = "data.integrity",
            requestId = call.request_id,
            tenantId = grant.tenant.id.as_str(),
            roles_left_out,
            "the tenant lists IAM roles that IAM_ROLE_ALLOWLIST does not admit"
        );
    }
    let answer = issue(config, event, &contents, &grant, report)?;
    // Last, so that what could not be issued leaves the default as it was.
    if let Some(change) = &report.details.default_change {
        move_default(change, user, call, store).await;
    }
    Ok(answer)
}

/// Writes the new default tenant within what is left of the time. A failed write does not fail the sign-in: the next one
/// falls back to the same tenant.
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
    let groups = contents.groups.count();
    if bytes > config.claim_bytes_max || groups > MAX_GROUPS {
        let cause = format!(
            "{bytes} bytes and {groups} groups for one token; at most CLAIM_BYTES_MAX of {} and {MAX_GROUPS} groups may be",
            config.claim_bytes_max
        );
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

/// A refused invite is told in one text, and logged by its reason.
fn failure(none: NoGrant, redemption: Option<&Redemption>) -> TriggerFailure {
    let is_invite = matches!(none, NoGrant::Refused(Refusal::InviteRequired));
    let failure = TriggerFailure::from(none);
    match redemption {
        Some(Redemption::Refused(why)) if is_invite => TriggerFailure { reason: why.name(), ..failure },
        _ => failure,
    }
}

/// Late redemption: what post-confirmation says in its report is a line of its own here.
fn note_redemption(redemption: Option<&Redemption>, user: &UserKey, call: &Call<'_>, report: &mut Report) {
    let (sub, pool, request) = (user.sub.as_str(), user.pool.as_str(), call.request_id);
    match redemption {
        Some(Redemption::Joined(tenant)) => {
            report.redeemed = 1;
            tracing::info!(
                event = "invite.redeemed",
                requestId = request,
                sub,
                userPoolId = pool,
                tenantId = tenant.as_str(),
                "joined at sign-in"
            );
        }
        Some(Redemption::Already) => report.already_redeemed = 1,
        Some(Redemption::Refused(why)) => {
            let reason = why.name();
            tracing::info!(
                event = "invite.refused",
                requestId = request,
                reason,
                sub,
                userPoolId = pool,
                "joined nothing at sign-in"
            );
        }
        None => {}
    }
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
        event = "security.cross_tenant",
        requestId = request_id,
        reason = attempt.name(),
        sub = user.sub.as_str(),
        userPoolId = user.pool.as_str(),
        "{what}"
    );
}
