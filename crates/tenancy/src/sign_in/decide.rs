//! The use case of pre-token-generation: a token is made for a user or a machine.

use std::sync::Arc;

use futures_util::future::join3;

use super::choose::{Choice, ChosenBy, Refusal, choose, choose_wanted, nothing_left};
use crate::join::{Applicant, DefaultChange, JoinOutcome, JoinRefusal, JoinReport, RefusedOffer, join};
use crate::live::{TenantState, Tenants};
use crate::ports::{JoinStore, Records, StoreError};
use crate::wanted::Wanted;
use crate::{ClientId, Damage, PoolId, Presented, Role, Tenant, TenantId, TenantStatus, UserRecords};

/// A user's request for tokens.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// The user, and what may be redeemed on the way.
    pub applicant: Applicant<'a>,
    /// The app client.
    pub client: Option<&'a ClientId>,
    /// What the user attribute says. A hint of what to read, never evidence.
    pub stamp: &'a Presented<TenantId>,
    /// The tenant asked for.
    pub asked: &'a Presented<TenantId>,
}

/// What a token may carry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    /// The tenant, active.
    pub tenant: Arc<Tenant>,
    /// The roles in it, in order of precedence; none for a machine.
    pub roles: Vec<Role>,
}

/// A tenant in which the user has no membership at all, active or not: for the log event `security.cross_tenant`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CrossTenant {
    /// The user attribute names it.
    Stamp,
    /// The request asks for it.
    Asked,
    /// The app client is bound to it.
    Client,
}

impl CrossTenant {
    /// A stable name for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stamp => "stamp",
            Self::Asked => "asked_tenant",
            Self::Client => "client_binding",
        }
    }
}

/// Why there is nothing that a token may carry.
#[derive(Debug, thiserror::Error)]
pub enum NoGrant {
    /// The user is refused.
    #[error("refused")]
    Refused(Refusal),
    /// The store gave no answer to what matters, or an item that matters is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for NoGrant {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What was decided, and what is worth knowing about it.
#[derive(Debug)]
pub struct SignInDecision {
    /// What the token may carry, or why there is none.
    pub grant: Result<Grant, NoGrant>,
    /// What happened on the way.
    pub notes: Notes,
}

/// What happened on the way to a decision.
#[derive(Debug, Default)]
pub struct Notes {
    /// The tenant that was granted, or would have been but for its own state, and by what it was chosen.
    pub chosen: Option<(TenantId, ChosenBy)>,
    /// The change of the default tenant that is to be written once the token is made.
    pub default_change: Option<DefaultChange>,
    /// What came of trying to join, if it was tried.
    pub join: Option<JoinReport>,
    /// Damaged items that were passed over, beside those of the join.
    pub damaged: Vec<Damage>,
    /// Tenants that the request names and the user has no membership in.
    pub cross_tenant: Vec<CrossTenant>,
}

impl Notes {
    /// What came of trying to join, if it was tried.
    #[must_use]
    pub fn join_outcome(&self) -> Option<&JoinOutcome> {
        self.join.as_ref().map(|join| &join.outcome)
    }

    /// The offers that were refused.
    #[must_use]
    pub fn refused(&self) -> &[RefusedOffer] {
        self.join.as_ref().map_or(&[], |join| join.refused.as_slice())
    }

    /// All damaged items that were passed over.
    pub fn all_damaged(&self) -> impl Iterator<Item = &Damage> {
        self.join.iter().flat_map(|join| &join.damaged).chain(&self.damaged)
    }
}

/// Decides about a user's token. One round trip when the stamp is right and no invite is to be redeemed: the user's
/// records, the hinted tenant and the app client's binding are read at the same time. It may write a join, and is safe to
/// repeat and to overlap. `cached` may answer from memory, `store` never does.
pub async fn decide<R: Records, S: JoinStore>(sign_in: SignIn<'_>, cached: &R, store: &S) -> SignInDecision {
    let mut notes = Notes::default();
    let grant = grant(sign_in, cached, store, &mut notes).await;
    SignInDecision { grant, notes }
}

async fn grant<R: Records, S: JoinStore>(
    sign_in: SignIn<'_>,
    cached: &R,
    store: &S,
    notes: &mut Notes,
) -> Result<Grant, NoGrant> {
    let SignIn { applicant, client, stamp, asked } = sign_in;
    let hint = stamp.given();
    if *applicant.code == Presented::Malformed {
        notes.join = Some(JoinOutcome::Refused(JoinRefusal::Malformed).into());
        return Err(Refusal::InviteRequired.into());
    }
    let (records, binding, hinted) = join3(
        cached.user(applicant.user),
        async {
            match client {
                Some(client) => cached.client_binding(&applicant.user.pool, client).await,
                None => Ok(None),
            }
        },
        async {
            match hint {
                Some(hint) => Some(cached.tenant(hint).await),
                None => None,
            }
        },
    )
    .await;
    let (mut records, binding) = (records?, binding?);
    let mut tenants = Tenants::new(cached);
    if let (Some(hint), Some(hinted)) = (hint, hinted) {
        tenants.keep_guess(hint, hinted);
    }
    let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
    let result = choose_or_join(sign_in, bound, &mut records, &mut tenants, store, notes).await;
    if !matches!(result, Err(NoGrant::Store(_))) {
        let asked = asked.given().filter(|asked| Some(*asked) != bound);
        notes.cross_tenant = cross_tenant(&records, hint, bound, asked);
    }
    let (chosen, by) = match result {
        Ok(chosen) => chosen,
        Err(none) => {
            notes.chosen = not_granted(&records, bound, asked, &tenants);
            return Err(none);
        }
    };
    let no_longer = || StoreError::from(Damage::of_tenant(&chosen, "vanished"));
    let tenant = Arc::clone(tenants.get(&chosen).ok_or_else(no_longer)?);
    let roles = records.in_tenant(&chosen).map(|membership| membership.roles.clone()).unwrap_or_default();
    let passed_over = records.memberships.iter().filter_map(|membership| tenants.damage(&membership.tenant));
    notes.damaged.extend(passed_over.cloned());
    if by == ChosenBy::Fallback {
        let from = records.profile.default_tenant.clone();
        notes.default_change = Some(DefaultChange { from, to: chosen.clone() });
    }
    notes.chosen = Some((chosen, by));
    Ok(Grant { tenant, roles })
}

/// The tenant of an active membership that was not granted because of the tenant's own state.
fn not_granted<S: Records>(
    records: &UserRecords,
    bound: Option<&TenantId>,
    asked: &Presented<TenantId>,
    tenants: &Tenants<'_, S>,
) -> Option<(TenantId, ChosenBy)> {
    let (tenant, by) = match (bound, asked.given(), records.default_tenant()) {
        (Some(bound), _, _) => (bound, ChosenBy::ClientBinding),
        (None, Some(asked), _) => (asked, ChosenBy::Asked),
        (None, None, default) => (default?, ChosenBy::Default),
    };
    let is_over = matches!(tenants.state(tenant), Some(TenantState::Suspended | TenantState::Offboarded));
    (records.is_active_in(tenant) && is_over).then(|| (tenant.clone(), by))
}

/// Which of the named tenants the user has no membership in, of whatever status.
fn cross_tenant(
    records: &UserRecords,
    stamp: Option<&TenantId>,
    bound: Option<&TenantId>,
    asked: Option<&TenantId>,
) -> Vec<CrossTenant> {
    let named = [(stamp, CrossTenant::Stamp), (bound, CrossTenant::Client), (asked, CrossTenant::Asked)];
    let is_foreign =
        |tenant: Option<&TenantId>| tenant.is_some_and(|tenant| records.in_tenant(tenant).is_none());
    named.into_iter().filter(|(tenant, _)| is_foreign(*tenant)).map(|(_, attempt)| attempt).collect()
}

/// The tenant that the token may carry, and by what it was chosen.
async fn choose_or_join<R: Records, S: JoinStore>(
    sign_in: SignIn<'_>,
    bound: Option<&TenantId>,
    records: &mut UserRecords,
    tenants: &mut Tenants<'_, R>,
    store: &S,
    notes: &mut Notes,
) -> Result<(TenantId, ChosenBy), NoGrant> {
    let SignIn { applicant, asked, .. } = sign_in;
    let Ok(wanted) = Wanted::of(bound, asked) else { return Err(Refusal::WrongTenant.into()) };
    let by = if bound.is_some() { ChosenBy::ClientBinding } else { ChosenBy::Asked };
    let has_code = *applicant.code != Presented::None;
    let mut has_tried = false;
    let mut damage = None;
    loop {
        let state = |tenant: &TenantId| tenants.state(tenant);
        let mut choice = match wanted {
            _ if has_code && !has_tried => Choice::NothingLive,
            Wanted::Tenant(wanted) if !has_tried && records.in_tenant(wanted).is_none() => {
                Choice::NothingLive
            }
            Wanted::Tenant(wanted) => choose_wanted(records, wanted, by, &state),
            Wanted::Any => choose(records, applicant.is_refresh, &state),
            Wanted::Nowhere => Choice::Refuse(Refusal::WrongTenant),
        };
        if has_tried && choice == Choice::NothingLive {
            choice = nothing_left(records, &state);
        }
        match choice {
            Choice::Read(ids) => tenants.read(&ids).await?,
            Choice::Grant(membership, by) => {
                notes.damaged.extend(damage);
                return Ok((membership.tenant.clone(), by));
            }
            Choice::NothingLive => {
                has_tried = true;
                match join(applicant, wanted, records, tenants, store).await {
                    Ok(report) => {
                        let is_refused = matches!(report.outcome, JoinOutcome::Refused(_));
                        notes.join = Some(report);
                        if has_code && is_refused {
                            return Err(Refusal::InviteRequired.into());
                        }
                    }
                    // A damaged invite does not keep a live member from their token.
                    Err(StoreError::Damaged(found)) => damage = Some(found),
                    Err(error) => return Err(error.into()),
                }
            }
            Choice::Refuse(refusal) => {
                return Err(damage.map_or(refusal.into(), |damage| StoreError::from(damage).into()));
            }
            Choice::Damaged(tenant) => {
                let found = damage.or_else(|| tenants.damage(&tenant).cloned());
                let unknown = Damage::of_tenant(&tenant, "damaged");
                return Err(StoreError::from(found.unwrap_or(unknown)).into());
            }
        }
    }
}

/// Decides about a machine's token (client credentials): the tenant that the app client is bound to in machine mode;
/// `None` when it is not.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer or an item is damaged.
pub async fn decide_machine(
    pool: &PoolId,
    client: &ClientId,
    store: &impl Records,
) -> Result<Option<Result<Grant, Refusal>>, StoreError> {
    let binding = store.client_binding(pool, client).await?;
    let Some(bound) = binding.as_ref().and_then(|binding| binding.machine_tenant()) else { return Ok(None) };
    let tenant = active(store.tenant(bound).await?, bound)?;
    Ok(Some(tenant.map(|tenant| Grant { tenant, roles: Vec::new() })))
}

/// The tenant, if it is active. That a membership or a binding names a tenant that does not exist is damage.
fn active(tenant: Option<Arc<Tenant>>, id: &TenantId) -> Result<Result<Arc<Tenant>, Refusal>, StoreError> {
    let tenant = tenant.ok_or_else(|| Damage::of_tenant(id, "referred to, and does not exist"))?;
    Ok(match tenant.status {
        TenantStatus::Active => Ok(tenant),
        TenantStatus::Suspended | TenantStatus::Offboarded => Err(Refusal::Suspended),
    })
}
