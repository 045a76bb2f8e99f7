//! The use case of pre-token-generation: a token is made for a user or a machine.

use std::sync::Arc;

use futures_util::future::join3;

use crate::choice::{AskedTenant, ChosenBy, Refusal, choose};
use crate::ports::{Damage, Invites, Records, StoreError};
use crate::redeem::redeem;
use crate::redemption::{Candidate, InviteRefusal, Redemption, RefusedOpening};
use crate::{ClientId, PoolId, PresentedCode, Role, Tenant, TenantId, TenantStatus};

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

/// Something that looks like an attempt on another tenant: for the log event `security.cross_tenant`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CrossTenant {
    /// The user attribute names a tenant of which the user is no active member.
    Stamp,
    /// The tenant asked for was refused.
    Asked,
    /// The app client is bound to a tenant of which the user is no active member.
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
    /// The tenant that was chosen, granted or not, and by what; `None` when none was.
    pub chosen: Option<(TenantId, ChosenBy)>,
    /// What came of redeeming, if it was tried.
    pub redemption: Option<Redemption>,
    /// What was on offer and refused.
    pub refused: Vec<RefusedOpening>,
    /// Damaged invites that were passed over.
    pub damaged: Vec<Damage>,
    /// Whether open invites of the address are left.
    pub is_incomplete: bool,
    /// What looks like an attempt on another tenant.
    pub cross_tenant: Vec<CrossTenant>,
}

/// Decides about a user's token. One round trip when the stamp is right and no invite is to be redeemed: the user's
/// records, the hinted tenant and the app client's binding are read at the same time.
pub async fn decide(sign_in: SignIn<'_>, store: &(impl Records + Invites)) -> SignInDecision {
    let mut notes = Notes::default();
    let grant = grant(sign_in, store, &mut notes).await;
    let Notes { chosen, redemption, refused, damaged, is_incomplete, cross_tenant } = notes;
    SignInDecision { grant, chosen, redemption, refused, damaged, is_incomplete, cross_tenant }
}

/// What is noted on the way, however it ends.
#[derive(Default)]
struct Notes {
    chosen: Option<(TenantId, ChosenBy)>,
    redemption: Option<Redemption>,
    refused: Vec<RefusedOpening>,
    damaged: Vec<Damage>,
    is_incomplete: bool,
    cross_tenant: Vec<CrossTenant>,
}

async fn grant(
    sign_in: SignIn<'_>,
    store: &(impl Records + Invites),
    notes: &mut Notes,
) -> Result<Grant, NoGrant> {
    let candidate = sign_in.candidate;
    if *candidate.code == PresentedCode::Malformed {
        notes.redemption = Some(Redemption::Refused(InviteRefusal::Malformed));
        return Err(Refusal::InviteRequired.into());
    }
    let hint = match sign_in.stamp {
        AskedTenant::Tenant(hint) => Some(hint),
        AskedTenant::None | AskedTenant::Malformed => None,
    };
    let (records, binding, hinted) = join3(
        store.user(candidate.user),
        async {
            match sign_in.client {
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

    if *candidate.code != PresentedCode::None || records.active().next().is_none() {
        let redeemed = redeem(candidate, &mut records, store).await?;
        (notes.redemption, notes.damaged) = (Some(redeemed.redemption), redeemed.damaged);
        (notes.refused, notes.is_incomplete) = (redeemed.refused, redeemed.is_incomplete);
    }
    if *sign_in.stamp != AskedTenant::None && !hint.is_some_and(|hint| records.is_active_in(hint)) {
        notes.cross_tenant.push(CrossTenant::Stamp);
    }
    if *candidate.code != PresentedCode::None && matches!(notes.redemption, Some(Redemption::Refused(_))) {
        return Err(Refusal::InviteRequired.into());
    }
    let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
    let (membership, by) = choose(&records, bound, sign_in.asked).inspect_err(|refusal| {
        notes.cross_tenant.extend(attempt(*refusal, bound, sign_in.asked));
    })?;
    notes.chosen = Some((membership.tenant.clone(), by));
    let tenant = match hinted {
        Some(read) if hint == Some(&membership.tenant) => read?,
        _ => store.tenant(&membership.tenant).await?,
    };
    let tenant = active(tenant, &membership.tenant)??;
    Ok(Grant { tenant, roles: membership.roles.clone() })
}

/// What a refusal was an attempt on, if a tenant was asked for or bound.
fn attempt(refusal: Refusal, bound: Option<&TenantId>, asked: &AskedTenant) -> Option<CrossTenant> {
    if !matches!(refusal, Refusal::WrongTenant | Refusal::Suspended) {
        return None;
    }
    match (bound, asked) {
        (None, AskedTenant::None) => None,
        (Some(_), AskedTenant::None) => Some(CrossTenant::Client),
        (Some(bound), AskedTenant::Tenant(asked)) if asked == bound => Some(CrossTenant::Client),
        (_, AskedTenant::Tenant(_) | AskedTenant::Malformed) => Some(CrossTenant::Asked),
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
