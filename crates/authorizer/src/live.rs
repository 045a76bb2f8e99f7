//! What the table says about a token now: its app client, its tenant, its member.

use futures_util::future::join3;
use tenancy::live::TenantState;
use tenancy::ports::{Memberships, Records};
use tenancy::{ClientBinding, ClientId, Membership, Pool, PoolId, Tenant, TenantId, UserKey};
use tenant_token::{Refusal, TenantToken};

use crate::config::LiveCheck;
use crate::verdict::{Denied, Refused, Ruling};

/// The table behind a check, and how much is checked.
pub struct Live<'a, C, M> {
    /// Tenants and bindings. It may answer from a cache.
    pub cached: &'a C,
    /// Memberships. It must not answer from a cache.
    pub store: &'a M,
    pub check: LiveCheck,
    /// `CLIENT_IDS=bound`.
    pub clients_are_bound: bool,
}

impl<C: Records, M: Memberships> Live<'_, C, M> {
    /// Reads everything at the same time, and judges the app client first, then the tenant, then the membership.
    ///
    /// # Errors
    ///
    /// The ruling about a token that is not let in.
    pub async fn admit(&self, token: &TenantToken) -> Result<(), Ruling> {
        let ids = Ids::of(token).map_err(|refusal| Ruling::Refused(Refused::Token(refusal)))?;
        let reads_tenant = self.check != LiveCheck::None;
        let reads_member = self.check == LiveCheck::Member && !token.is_machine();
        let (binding, tenant, membership) = join3(
            async {
                match &ids.client {
                    Some(client) if self.clients_are_bound => {
                        self.cached.client_binding(&ids.pool, client).await
                    }
                    _ => Ok(None),
                }
            },
            async { if reads_tenant { self.cached.tenant(&ids.tenant).await.map(Some) } else { Ok(None) } },
            async {
                match &ids.user {
                    Some(user) if reads_member => self.store.membership(user, &ids.tenant).await,
                    _ => Ok(None),
                }
            },
        )
        .await;
        if self.clients_are_bound {
            bound(binding?, &ids.tenant)?;
        }
        if let Some(tenant) = tenant? {
            active_tenant(tenant.as_deref(), &ids.pool)?;
        }
        if reads_member {
            active_member(membership?)?;
        }
        Ok(())
    }
}

/// The token's ids in the types of the table.
struct Ids {
    pool: PoolId,
    tenant: TenantId,
    /// `None`: the table cannot have it.
    client: Option<ClientId>,
    /// `None`: the table cannot have it.
    user: Option<UserKey>,
}

impl Ids {
    /// # Errors
    ///
    /// The table can have no such pool or tenant. The verifier accepts no such token either.
    fn of(token: &TenantToken) -> Result<Self, Refusal> {
        let pool: PoolId = token.subject().pool_id().parse().map_err(|_| Refusal::Issuer)?;
        let tenant = token.tenant().as_str().parse().map_err(|_| Refusal::BadClaim("tenant id"))?;
        let user = token.subject().sub().parse().ok().map(|sub| UserKey { pool: pool.clone(), sub });
        Ok(Self { tenant, client: token.client_id().parse().ok(), user, pool })
    }
}

/// Both modes of a binding name the tenant that the client's tokens must have.
fn bound(binding: Option<ClientBinding>, tenant: &TenantId) -> Result<(), Ruling> {
    match binding {
        None => Err(Ruling::Refused(Refused::ClientUnbound)),
        Some(binding) if binding.tenant != *tenant => Err(Ruling::Refused(Refused::ClientOfAnotherTenant)),
        Some(_) => Ok(()),
    }
}

fn active_tenant(tenant: Option<&Tenant>, pool: &PoolId) -> Result<(), Ruling> {
    match tenant.map(|tenant| TenantState::of(tenant, Pool::shared(pool))) {
        None => Err(Ruling::Denied(Denied::TenantMissing)),
        Some(TenantState::Active) => Ok(()),
        Some(TenantState::OtherPool) => Err(Ruling::Denied(Denied::OtherPool)),
        Some(TenantState::Suspended | TenantState::Offboarded | TenantState::Damaged) => {
            Err(Ruling::Denied(Denied::TenantNotActive))
        }
    }
}

fn active_member(membership: Option<Membership>) -> Result<(), Ruling> {
    match membership {
        None => Err(Ruling::Denied(Denied::NoMembership)),
        Some(membership) if membership.is_active() => Ok(()),
        Some(_) => Err(Ruling::Denied(Denied::MembershipNotActive)),
    }
}
