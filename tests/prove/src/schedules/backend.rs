//! What a schedule's calls do: users through the real handlers, operators as `tenantctl` does it.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use cognito_trigger::trigger::{Trigger, conclude};
use cognito_trigger::{Handled, Outcome};
use function::{Call, Settings};
use memory::parsed;
use post_confirmation::PostConfirmation;
use pre_token_generation::PreTokenGeneration;
use serde_json::{Value, json};
use tenancy::ports::{Defaults, DirectoryError, JoinStore, Records, Stamps, UserDirectory};
use tenancy::{CellName, PoolId, Role, TenantId, Timestamp, UserKey, Username};
use tenancy_aws::operator::{NewInvite, Operator, ProviderTerms};
use tokio::time::Instant;

use super::schedule::{Act, Attempt, BEGIN, CELLS, Event, HERE, MemberAct, TENANTS, email, sub};
use super::table::{PROVIDER, Table, code, hash};
use super::turns::Turns;
use crate::operators::{Edit, operate};

/// A change of an operator, and whether it was written.
pub(crate) type Operation = Pin<Box<dyn Future<Output = bool>>>;

/// A table that all calls of a schedule share.
pub(crate) trait Backend {
    type Store: JoinStore + Defaults + Stamps + Clone + Sync + 'static;

    /// What the functions read and write.
    fn store(&self) -> Self::Store;

    fn act(&self, change: &Act, at: u64) -> Operation;

    fn snapshot(&self) -> Result<Table, String>;
}

/// The user pool: stamps by username.
#[derive(Clone)]
pub(crate) struct Users {
    pub(crate) turns: Turns,
    /// Everything that was ever written: usernames and tenants.
    pub(crate) stamps: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl UserDirectory for Users {
    async fn set_tenant(
        &self,
        _: &PoolId,
        username: &Username,
        tenant: &TenantId,
    ) -> Result<(), DirectoryError> {
        let write = || {
            let mut stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
            stamps.insert((username.as_str().to_owned(), tenant.to_string()));
        };
        let written = self.turns.request("AdminUpdateUserAttributes", write).await;
        written.map_err(|spoilt| DirectoryError(format!("{spoilt:?}").into()))
    }
}

/// What a user's call came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Told {
    Joined(String),
    /// A confirmation of a user who is a member.
    Already,
    Token(String),
    /// The code of the error.
    Error(&'static str),
}

impl Told {
    fn of(handled: &Handled) -> Self {
        let tenant = || handled.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
        match &handled.outcome {
            Outcome::Joined => Self::Joined(tenant()),
            Outcome::Issued(_) => Self::Token(tenant()),
            Outcome::Failed(failure) => Self::Error(failure.told().public.code()),
            _ => Self::Already,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Joined(_) => "joined",
            Self::Already => "a member already",
            Self::Token(_) => "a token with a tenant",
            Self::Error(code) => code,
        }
    }
}

/// The settings of both functions.
pub(crate) struct Configs {
    post_confirmation: post_confirmation::Config,
    pre_token_generation: pre_token_generation::Config,
}

impl Configs {
    pub(crate) fn read() -> Self {
        let lookup = |name: &str| (name == "USER_POOL_IDS").then(|| HERE.to_owned());
        let mut settings = Settings::new(&lookup);
        Self {
            post_confirmation: post_confirmation::Config::read(&mut settings),
            pre_token_generation: pre_token_generation::Config::read(&mut settings),
        }
    }
}

/// One event through the real handler.
pub(crate) async fn attempt<S: JoinStore + Defaults + Stamps>(
    attempt: &Attempt,
    at: u64,
    configs: &Configs,
    (cached, store): (&impl Records, &S),
    users: &Users,
) -> Told {
    let event = event(attempt).to_string();
    let handled = match attempt.event {
        Event::Confirmation => {
            let trigger = PostConfirmation { config: &configs.post_confirmation, store, users };
            handled(&trigger, &event, at).await
        }
        Event::SignIn | Event::Refresh => {
            let trigger = PreTokenGeneration { config: &configs.pre_token_generation, cached, store };
            handled(&trigger, &event, at).await
        }
    };
    Told::of(&handled)
}

async fn handled(trigger: &impl Trigger, event: &str, at: u64) -> Handled {
    let began = Instant::now();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN + at);
    // Far away: a call ends when its turns have come, and not by the clock of the machine.
    let deadline = began + Duration::from_hours(1);
    let call = Call { event, request_id: "request", is_cold_start: false, now, began, deadline };
    conclude(trigger, &call).await.1
}

fn event(attempt: &Attempt) -> Value {
    let source = match attempt.event {
        Event::Confirmation => "PostConfirmation_ConfirmSignUp",
        Event::SignIn => "TokenGeneration_HostedAuth",
        Event::Refresh => "TokenGeneration_RefreshTokens",
    };
    let given = [
        ("inviteCode", attempt.code.map(|number| code(number).reveal().clone())),
        ("tenantId", attempt.tenant.map(|tenant| tenant_id(tenant).to_string())),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    let metadata: serde_json::Map<String, Value> = given.collect();
    let identities =
        json!([{ "userId": "1", "providerName": PROVIDER, "providerType": "SAML", "primary": true }]);
    let attributes = if attempt.is_federated {
        json!({
            "sub": sub(attempt.user), "email": email(attempt.user), "identities": identities.to_string(),
            "cognito:user_status": "EXTERNAL_PROVIDER",
        })
    } else {
        json!({
            "sub": sub(attempt.user), "email": email(attempt.user), "email_verified": "true",
            "cognito:user_status": "CONFIRMED",
        })
    };
    json!({
        "version": "2", "triggerSource": source, "region": "eu-west-1", "userPoolId": HERE,
        "userName": sub(attempt.user), "callerContext": { "awsSdkVersion": "3", "clientId": "client1" },
        "request": {
            "userAttributes": attributes, "clientMetadata": metadata, "scopes": [],
            "groupConfiguration": { "groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": null },
        },
        "response": {},
    })
}

pub(crate) fn user_key(user: usize) -> UserKey {
    UserKey { pool: parsed(HERE), sub: parsed(&sub(user)) }
}

pub(crate) fn tenant_id(tenant: usize) -> TenantId {
    parsed(TENANTS.get(tenant).copied().unwrap_or_default())
}

pub(crate) fn cell_name(cell: usize) -> CellName {
    parsed(CELLS.get(cell).map(|(name, _)| *name).unwrap_or_default())
}

/// The number of the invite that replaces another one, less the number of that one.
pub(crate) const RESENT: usize = 500;

/// The number of the invite by which an operator invites the address of a user to a tenant.
pub(crate) fn invited(user: usize, tenant: usize) -> usize {
    1_000 + user * TENANTS.len() + tenant
}

/// The terms of that invite.
pub(crate) fn new_invite(user: usize, tenant: usize, now: Timestamp) -> NewInvite {
    NewInvite {
        tenant: tenant_id(tenant),
        email: Some(parsed(&email(user))),
        roles: vec![parsed("author")],
        max_uses: 1,
        expires_at: now.plus_seconds(1_000_000),
    }
}

/// The roles of a member whom an operator adds, or gives other roles.
pub(crate) fn given_roles(act: MemberAct) -> [Role; 1] {
    [parsed(if act == MemberAct::SetRoles { "owner" } else { "viewer" })]
}

pub(crate) fn provider_terms(joins: bool) -> ProviderTerms {
    ProviderTerms { joins, default_roles: vec![parsed("guest")], is_email_trusted: false }
}

/// One change by an operator: read, planned and written once. `false`: refused, overtaken or failed.
pub(crate) async fn act(operator: &Operator, change: &Act, now: u64) -> bool {
    let now = Timestamp::from_epoch_seconds(now);
    let Some(edit) = edit(change, now) else { return true };
    operate(operator, edit, now).await.is_ok()
}

fn edit(act: &Act, now: Timestamp) -> Option<Edit> {
    let provider = || (parsed(HERE), parsed(PROVIDER));
    Some(match act {
        Act::Attempt(_) => return None,
        Act::Revoke(number) => Edit::Revoke(hash(*number)),
        Act::Resend(number) => Edit::Resend(hash(*number), code(number + RESENT)),
        Act::Invite(user, tenant) => {
            Edit::Invite(new_invite(*user, *tenant, now), code(invited(*user, *tenant)))
        }
        Act::Member(act, user, tenant) => {
            let member = (user_key(*user), tenant_id(*tenant));
            let [role] = given_roles(*act);
            match act {
                MemberAct::Suspend => Edit::Suspend(member),
                MemberAct::Remove => Edit::Remove(member),
                MemberAct::Resume => Edit::Resume(member),
                MemberAct::Add => Edit::Add(member, role),
                MemberAct::SetRoles => Edit::SetRoles(member, vec![role]),
                MemberAct::MakeDefault => Edit::MakeDefault(member),
            }
        }
        Act::Tenant(status, tenant) => Edit::SetStatus(tenant_id(*tenant), *status),
        Act::Place(tenant, cell) => Edit::Place(tenant_id(*tenant), cell_name(*cell)),
        Act::Cell(status, cell) => Edit::SetCellStatus(cell_name(*cell), *status),
        Act::Bind(tenant, joins) => Edit::Bind(provider(), tenant_id(*tenant), provider_terms(*joins)),
        Act::Unbind => Edit::Unbind(provider()),
    })
}
