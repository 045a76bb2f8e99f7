//! The use case of pre-token-generation: decides what the tokens of a user or a machine carry.

use std::sync::Arc;

use futures_util::future::join4;

use super::choose::{Choice, ChosenBy, Refusal, choose, choose_wanted, nothing_left};
use crate::join::{
    Applicant, DefaultChange, JoinOutcome, JoinRefusal, JoinReport, Offer, RefusedOffer, join, offer_of_code,
};
use crate::live::{TenantState, Tenants};
use crate::ports::{JoinStore, Records, StoreError};
use crate::wanted::Wanted;
use crate::{ClientId, Damage, Pool, Presented, Role, Tenant, TenantId, UserRecords};

/// A user's request for tokens.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// The user, and what the request brought.
    pub applicant: Applicant<'a>,
    pub client: Option<&'a ClientId>,
    /// The value of the tenant attribute: a hint for what to read, never evidence.
    pub stamp: &'a Presented<TenantId>,
    /// `clientMetadata.tenantId`.
    pub asked: &'a Presented<TenantId>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    /// An active tenant.
    pub tenant: Arc<Tenant>,
    /// The roles in the tenant, in order of precedence; empty for a machine.
    pub roles: Vec<Role>,
}

/// How a request names a tenant in which the user has no membership in any status: for the log event
/// `security.cross_tenant`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CrossTenant {
    /// The tenant attribute names it.
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

/// Why a token carries no tenant.
#[derive(Debug, thiserror::Error)]
pub enum NoGrant {
    #[error("refused")]
    Refused(Refusal),
    /// The table could not be read, or an item that matters is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for NoGrant {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

#[derive(Debug)]
pub struct SignInDecision {
    pub grant: Result<Grant, NoGrant>,
    pub notes: Notes,
}

/// What happened before the decision, for the log.
#[derive(Debug, Default)]
pub struct Notes {
    /// The tenant that was chosen, and why. It may still be refused because of its own state.
    pub chosen: Option<(TenantId, ChosenBy)>,
    /// The change of the default tenant, to be written after the token is made.
    pub default_change: Option<DefaultChange>,
    /// `None` when joining was not tried.
    pub join: Option<JoinReport>,
    /// Damaged items that were skipped, besides those of the join.
    pub damaged: Vec<Damage>,
    /// How the request names tenants in which the user has no membership.
    pub cross_tenant: Vec<CrossTenant>,
}

impl Notes {
    /// The result of joining; `None` when it was not tried.
    #[must_use]
    pub fn join_outcome(&self) -> Option<&JoinOutcome> {
        self.join.as_ref().map(|join| &join.outcome)
    }

    #[must_use]
    pub fn refused(&self) -> &[RefusedOffer] {
        self.join.as_ref().map_or(&[], |join| join.refused.as_slice())
    }

    /// All damaged items that were skipped.
    pub fn all_damaged(&self) -> impl Iterator<Item = &Damage> {
        self.join.iter().flat_map(|join| &join.damaged).chain(&self.damaged)
    }
}

/// Decides about a user's token. It takes one round trip when the stamp is right and no invite is redeemed: the user's
/// records, the tenant in the stamp and the app client's binding are read at the same time. It may write a join. Safe to
/// repeat and to overlap. `cached` may answer from a cache, `store` must not.
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
    let (records, binding, hinted, offer) = join4(
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
        offer_of_code(applicant, store),
    )
    .await;
    let (mut records, binding) = (records?, binding?);
    let mut tenants = Tenants::new(cached, applicant.pool());
    if let (Some(hint), Some(hinted)) = (hint, hinted) {
        tenants.keep_guess(hint, hinted);
    }
    let bound = applicant.pool().required_tenant(client, binding.as_ref()).map_err(StoreError::from)?;
    let result = choose_or_join(sign_in, bound, &mut records, &mut tenants, store, offer, notes).await;
    if !matches!(result, Err(NoGrant::Store(_))) {
        let asked = asked.given().filter(|asked| Some(*asked) != bound);
        // Of a pool of one tenant, a user who has not joined yet is not reported.
        let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
        notes.cross_tenant = cross_tenant(&records, hint, bound, asked);
    }
    let (chosen, by) = match result {
        Ok(chosen) => chosen,
        Err(none) => {
            notes.chosen = not_granted(&none, &records, bound, asked, &tenants);
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

/// The tenant of an active membership, if its own state is the reason of `none`.
fn not_granted<S: Records>(
    none: &NoGrant,
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
    let state = tenants.state(tenant);
    let is_reason = match none {
        NoGrant::Refused(Refusal::OtherPool) => state == Some(TenantState::OtherPool),
        _ => matches!(state, Some(TenantState::Suspended | TenantState::Offboarded)),
    };
    (records.is_active_in(tenant) && is_reason).then(|| (tenant.clone(), by))
}

/// How the request names tenants in which the user has no membership in any status.
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

/// The tenant that the token carries, and why it was chosen.
async fn choose_or_join<R: Records, S: JoinStore>(
    sign_in: SignIn<'_>,
    bound: Option<&TenantId>,
    records: &mut UserRecords,
    tenants: &mut Tenants<'_, R>,
    store: &S,
    mut offer: Option<Result<Offer, StoreError>>,
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
                match join(applicant, wanted, records, tenants, store, offer.take()).await {
                    Ok(report) => {
                        let is_refused = matches!(report.outcome, JoinOutcome::Refused(_));
                        notes.join = Some(report);
                        if has_code && is_refused {
                            return Err(Refusal::InviteRequired.into());
                        }
                    }
                    // A damaged invite must not keep a live member from a token.
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

/// Decides about a machine's token (client credentials): the tenant that the app client is bound to in machine mode, or the
/// tenant of the pool if the client is not bound; otherwise `None`.
///
/// # Errors
///
/// [`StoreError`] when the table cannot be read or an item is damaged.
pub async fn decide_machine(
    pool: Pool<'_>,
    client: &ClientId,
    store: &impl Records,
) -> Result<Option<Result<Grant, Refusal>>, StoreError> {
    let binding = store.client_binding(pool.id, client).await?;
    let Some(bound) = pool.machine_tenant(client, binding.as_ref())? else { return Ok(None) };
    let tenant = active(store.tenant(bound).await?, bound, pool)?;
    Ok(Some(tenant.map(|tenant| Grant { tenant, roles: Vec::new() })))
}

/// The tenant, if it is active. A membership or binding that names a missing tenant is damage.
fn active(
    tenant: Option<Arc<Tenant>>,
    id: &TenantId,
    pool: Pool<'_>,
) -> Result<Result<Arc<Tenant>, Refusal>, StoreError> {
    let tenant = tenant.ok_or_else(|| Damage::of_tenant(id, "referred to, and does not exist"))?;
    Ok(match TenantState::of(&tenant, pool) {
        TenantState::Active => Ok(tenant),
        TenantState::OtherPool => Err(Refusal::OtherPool),
        TenantState::Suspended | TenantState::Offboarded | TenantState::Damaged => Err(Refusal::Suspended),
    })
}
