//! The user pool of a request, and which tenants it serves.

use crate::{ClientBinding, ClientId, Damage, PoolId, Tenant, TenantId};

/// The user pool of a request.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    pub id: &'a PoolId,
    /// `POOL_TENANT`: the only tenant of the pool. `None`: many tenants share the pool.
    pub tenant: Option<&'a TenantId>,
}

impl<'a> Pool<'a> {
    /// A pool that many tenants share.
    #[must_use]
    pub const fn shared(id: &'a PoolId) -> Self {
        Self { id, tenant: None }
    }

    /// Whether members of `tenant` may sign in at the pool, and people may join the tenant in it.
    #[must_use]
    pub fn serves(self, tenant: &Tenant) -> bool {
        self.tenant.is_none_or(|only| *only == tenant.id)
            && (tenant.pools.is_empty() || tenant.pools.contains(self.id))
    }

    /// The tenant that users of an app client must be members of: the client's in required mode, else the pool's.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the client is bound to another tenant than the pool's.
    pub fn required_tenant<'b>(
        self,
        client: Option<&ClientId>,
        binding: Option<&'b ClientBinding>,
    ) -> Result<Option<&'b TenantId>, Damage>
    where
        'a: 'b,
    {
        self.check(client, binding)?;
        Ok(binding.and_then(ClientBinding::required_tenant).or(self.tenant))
    }

    /// The tenant in an app client's own tokens: the client's in machine mode, and the pool's if the client is not bound.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the client is bound to another tenant than the pool's.
    pub fn machine_tenant<'b>(
        self,
        client: &ClientId,
        binding: Option<&'b ClientBinding>,
    ) -> Result<Option<&'b TenantId>, Damage>
    where
        'a: 'b,
    {
        self.check(Some(client), binding)?;
        Ok(match binding {
            Some(binding) => binding.machine_tenant(),
            None => self.tenant,
        })
    }

    fn check(self, client: Option<&ClientId>, binding: Option<&ClientBinding>) -> Result<(), Damage> {
        match (self.tenant, client, binding) {
            (Some(only), Some(client), Some(binding)) if binding.tenant != *only => {
                Err(Damage::of_client(self.id, client, "`tid` is not the tenant of POOL_TENANT"))
            }
            _ => Ok(()),
        }
    }
}
