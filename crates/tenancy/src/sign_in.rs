//! The use case of pre-token-generation: a token is made for a user or a machine.

use std::sync::Arc;

use futures_util::future::join3;

use crate::choice::{AskedTenant, Choice, ChosenBy, Refusal, Wanted, choose, choose_wanted, nothing_left};
use crate::ports::{Damage, Invites, Records, StoreError};
use crate::redeem::{Redeemed, redeem};
use crate::redemption::{Candidate, DefaultChange, InviteRefusal, Redemption, RefusedOpening};
use crate::tenants::{TenantState, Tenants};
use crate::{ClientId, PoolId, PresentedCode, Role, Tenant, TenantId, TenantStatus, UserRecords};

/// A user's request for tokens.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// The user, and what may be redeemed on the way.
    pub candidate: Candidate<'a>,
    /// The app client.
    pub client: Option<&'a ClientId>,
    /// What the user attribute says. A hint of what to read, never evidence.
    pub stamp: &'a AskedTenant,
    /// The tenant asked for.
    pub asked: &'a AskedTenant,
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
    /// What came of redeeming, if it was tried.
    pub redemption: Option<Redemption>,
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged items that were passed over.
    pub damaged: Vec<Damage>,
    /// Tenants that the request names and the user has no membership in.
    pub cross_tenant: Vec<CrossTenant>,
}

/// Decides about a user's token. One round trip when the stamp is right and no invite is to be redeemed: the user's
/// records, the hinted tenant and the app client's binding are read at the same time. It may write a redemption, and is safe
/// to repeat and to overlap.
pub async fn decide<S: Records + Invites>(sign_in: SignIn<'_>, store: &S) -> SignInDecision {
    let mut notes = Notes::default();
    let grant = grant(sign_in, store, &mut notes).await;
    SignInDecision { grant, notes }
}

async fn grant<S: Records + Invites>(
    sign_in: SignIn<'_>,
    store: &S,
    notes: &mut Notes,
) -> Result<Grant, NoGrant> {
    let SignIn { candidate, client, stamp, asked } = sign_in;
    let hint = stamp.tenant();
    if *candidate.code == PresentedCode::Malformed {
        notes.redemption = Some(Redemption::Refused(InviteRefusal::Malformed));
        return Err(Refusal::InviteRequired.into());
    }
    let (records, binding, hinted) = join3(
        store.user(candidate.user),
        async {
            match client {
                Some(client) => store.client_binding(&candidate.user.pool, client).await,
                None => Ok(None),
            }
        },
        async {
            match hint {
                Some(hint) => Some(store.tenant(hint).await),
                None => None,
            }
        },
    )
    .await;
    let (mut records, binding) = (records?, binding?);
    let mut tenants = Tenants::new(store);
    if let (Some(hint), Some(hinted)) = (hint, hinted) {
        tenants.keep_guess(hint, hinted);
    }
    let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
    let result = choose_and_redeem(sign_in, bound, &mut records, &mut tenants, store, notes).await;
    if !matches!(result, Err(NoGrant::Store(_))) {
        let asked = asked.tenant().filter(|asked| Some(*asked) != bound);
        notes.cross_tenant = cross_tenant(&records, hint, bound, asked);
    }
    let (chosen, by) = match result {
        Ok(chosen) => chosen,
        Err(none) => {
            notes.chosen = not_granted(&records, bound, asked, &tenants);
            return Err(none);
        }
    };
    let no_longer =
        || StoreError::from(Damage { key: format!("TENANT#{chosen}"), problem: "vanished".to_owned() });
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
    asked: &AskedTenant,
    tenants: &Tenants<'_, S>,
) -> Option<(TenantId, ChosenBy)> {
    let (tenant, by) = match (bound, asked.tenant(), records.default_tenant()) {
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
async fn choose_and_redeem<S: Records + Invites>(
    sign_in: SignIn<'_>,
    bound: Option<&TenantId>,
    records: &mut UserRecords,
    tenants: &mut Tenants<'_, S>,
    store: &S,
    notes: &mut Notes,
) -> Result<(TenantId, ChosenBy), NoGrant> {
    let SignIn { candidate, asked, .. } = sign_in;
    let Ok(wanted) = Wanted::of(bound, asked) else { return Err(Refusal::WrongTenant.into()) };
    let by = if bound.is_some() { ChosenBy::ClientBinding } else { ChosenBy::Asked };
    let has_code = *candidate.code != PresentedCode::None;
    let mut is_redeemed = false;
    let mut damage = None;
    loop {
        let state = |tenant: &TenantId| tenants.state(tenant);
        let mut choice = match wanted {
            _ if has_code && !is_redeemed => Choice::NothingLive,
            Wanted::Tenant(wanted) if !is_redeemed && records.in_tenant(wanted).is_none() => {
                Choice::NothingLive
            }
            Wanted::Tenant(wanted) => choose_wanted(records, wanted, by, &state),
            Wanted::Any => choose(records, candidate.is_refresh, &state),
            Wanted::Nowhere => Choice::Refuse(Refusal::WrongTenant),
        };
        if is_redeemed && choice == Choice::NothingLive {
            choice = nothing_left(records, &state);
        }
        match choice {
            Choice::Read(ids) => tenants.read(&ids).await?,
            Choice::Grant(membership, by) => {
                notes.damaged.extend(damage);
                return Ok((membership.tenant.clone(), by));
            }
            Choice::NothingLive => {
                is_redeemed = true;
                match redeem(candidate, wanted, records, tenants, store).await {
                    Ok(Redeemed { redemption, refused, damaged }) => {
                        let is_refused = matches!(redemption, Redemption::Refused(_));
                        (notes.redemption, notes.refused, notes.damaged) =
                            (Some(redemption), refused, damaged);
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
                let unknown = Damage { key: format!("TENANT#{tenant}"), problem: "damaged".to_owned() };
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
    let tenant = tenant.ok_or_else(|| Damage {
        key: format!("TENANT#{id}"),
        problem: "referred to, and does not exist".to_owned(),
    })?;
    Ok(match tenant.status {
        TenantStatus::Active => Ok(tenant),
        TenantStatus::Suspended | TenantStatus::Offboarded => Err(Refusal::Suspended),
    })
}
