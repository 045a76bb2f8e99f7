//! The use case of pre-token-generation: a token is made for a user or a machine.

use std::sync::Arc;

use futures_util::future::join3;

use crate::choice::{AskedTenant, Refusal, choose};
use crate::ports::{Damage, Invites, Records, StoreError};
use crate::redemption::{Candidate, Redemption, redeem};
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

/// What was decided, and what is worth knowing about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignInDecision {
    /// What the token may carry, or why there is none.
    pub grant: Result<Grant, Refusal>,
    /// What came of redeeming, if it was tried.
    pub redemption: Option<Redemption>,
    /// What looks like an attempt on another tenant.
    pub cross_tenant: Vec<CrossTenant>,
}

/// Decides about a user's token. One round trip when the stamp is right and no invite is to be redeemed: the user's
/// records, the hinted tenant and the app client's binding are read at the same time.
///
/// # Errors
///
/// [`StoreError`] when the store gave no answer to what matters or an item that matters is damaged: no token then.
pub async fn decide(
    sign_in: SignIn<'_>,
    store: &(impl Records + Invites),
) -> Result<SignInDecision, StoreError> {
    let candidate = sign_in.candidate;
    if *candidate.code == PresentedCode::Malformed {
        return Ok(SignInDecision {
            grant: Err(Refusal::InviteRequired),
            redemption: Some(Redemption::Refused(crate::redemption::InviteRefusal::Malformed)),
            cross_tenant: Vec::new(),
        });
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

    let redemption = if *candidate.code == PresentedCode::None && records.active().next().is_some() {
        None
    } else {
        Some(redeem(candidate, &mut records, store).await?)
    };
    let code_redeemed_nothing =
        *candidate.code != PresentedCode::None && matches!(redemption, Some(Redemption::Refused(_)));
    let bound = binding.as_ref().and_then(|binding| binding.required_tenant());
    let choice = if code_redeemed_nothing {
        Err(Refusal::InviteRequired)
    } else {
        choose(&records, bound, sign_in.asked)
    };

    let mut cross_tenant = Vec::new();
    let stamp_is_member = hint.is_some_and(|hint| records.is_active_in(hint));
    if *sign_in.stamp != AskedTenant::None && !stamp_is_member {
        cross_tenant.push(CrossTenant::Stamp);
    }
    if choice == Err(Refusal::WrongTenant) || (choice == Err(Refusal::Suspended) && bound.is_some()) {
        let asked_is_at_fault = match (bound, sign_in.asked) {
            (_, AskedTenant::None) => false,
            (Some(bound), AskedTenant::Tenant(asked)) => asked != bound,
            (Some(_), AskedTenant::Malformed) | (None, _) => true,
        };
        cross_tenant.push(if asked_is_at_fault { CrossTenant::Asked } else { CrossTenant::Client });
    }

    let grant = match choice {
        Err(refusal) => Err(refusal),
        Ok(membership) => {
            let tenant = match hinted {
                Some(read) if hint == Some(&membership.tenant) => read?,
                _ => store.tenant(&membership.tenant).await?,
            };
            active(tenant, &membership.tenant)?
                .map(|tenant| Grant { tenant, roles: membership.roles.clone() })
        }
    };
    Ok(SignInDecision { grant, redemption, cross_tenant })
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
