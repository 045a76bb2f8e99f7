//! The tenants of one user. A decision reads each of them once.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::ports::{Records, StoreError};
use crate::{Damage, Membership, Pool, Tenant, TenantId, TenantStatus, UserRecords};

/// How many tenants are read at the same time.
const READ_AT_ONCE: usize = 8;

/// The effect of a tenant's record on the tokens of its members.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TenantState {
    Active,
    /// Members get no tokens until the tenant is resumed.
    Suspended,
    /// Members get no tokens. This is final.
    Offboarded,
    /// The tenant is not offboarded, and the pool of the request does not serve it.
    OtherPool,
    /// The record is damaged or missing.
    Damaged,
}

impl TenantState {
    /// The state of `tenant` for users of `pool`.
    #[must_use]
    pub fn of(tenant: &Tenant, pool: Pool<'_>) -> Self {
        match tenant.status {
            TenantStatus::Offboarded => Self::Offboarded,
            _ if !pool.serves(tenant) => Self::OtherPool,
            TenantStatus::Active => Self::Active,
            TenantStatus::Suspended => Self::Suspended,
        }
    }

    /// Whether nobody gets into the tenant from here until an operator changes where it is: it is offboarded or in another pool.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Offboarded | Self::OtherPool)
    }
}

/// The tenants read so far, and the store to read more from.
#[derive(Debug)]
pub struct Tenants<'s, S> {
    store: &'s S,
    pool: Pool<'s>,
    read: BTreeMap<TenantId, Result<Arc<Tenant>, Damage>>,
    /// A failed read that was made elsewhere. It becomes an error once that tenant is needed.
    failed: Option<(TenantId, StoreError)>,
}

impl<'s, S: Records> Tenants<'s, S> {
    #[must_use]
    pub fn new(store: &'s S, pool: Pool<'s>) -> Self {
        Self { store, pool, read: BTreeMap::new(), failed: None }
    }

    /// Keeps the result of a read that was made in case this tenant is needed.
    pub fn keep_guess(&mut self, id: &TenantId, answer: Result<Option<Arc<Tenant>>, StoreError>) {
        if let Err(error) = self.keep(id, answer) {
            self.failed = Some((id.clone(), error));
        }
    }

    /// Keeps a tenant that another call has read.
    pub fn know(&mut self, tenant: &Arc<Tenant>) {
        self.read.insert(tenant.id.clone(), Ok(Arc::clone(tenant)));
    }

    fn keep(
        &mut self,
        id: &TenantId,
        answer: Result<Option<Arc<Tenant>>, StoreError>,
    ) -> Result<(), StoreError> {
        let missing = || Damage::of_tenant(id, "a membership or binding refers to it, and it does not exist");
        let tenant = match answer {
            Ok(tenant) => tenant.ok_or_else(missing),
            Err(StoreError::Damaged(damage)) => Err(damage),
            Err(error) => return Err(error),
        };
        self.read.insert(id.clone(), tenant);
        Ok(())
    }

    /// Reads up to 8 of the `ids` that are not read yet, the first ones first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]. A damaged or missing tenant is not an error here: see [`Self::damage`].
    pub async fn read(&mut self, ids: &[TenantId]) -> Result<(), StoreError> {
        let store = self.store;
        if let Some((_, error)) = self.failed.take_if(|(id, _)| ids.contains(id)) {
            return Err(error);
        }
        let unread: Vec<&TenantId> =
            ids.iter().filter(|id| !self.read.contains_key(*id)).take(READ_AT_ONCE).collect();
        let answers = join_all(unread.iter().map(|id| store.tenant(id))).await;
        unread.into_iter().zip(answers).try_for_each(|(id, answer)| self.keep(id, answer))
    }

    /// Reads all of the `ids` that are not read yet.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub async fn read_all(&mut self, ids: &[TenantId]) -> Result<(), StoreError> {
        while ids.iter().any(|id| !self.read.contains_key(id)) {
            self.read(ids).await?;
        }
        Ok(())
    }

    /// The state of a tenant; `None` when it is not read yet.
    #[must_use]
    pub fn state(&self, id: &TenantId) -> Option<TenantState> {
        let tenant = self.read.get(id)?;
        Some(tenant.as_ref().map_or(TenantState::Damaged, |tenant| TenantState::of(tenant, self.pool)))
    }

    /// The tenant; `None` when it is not read yet or is damaged.
    #[must_use]
    pub fn get(&self, id: &TenantId) -> Option<&Arc<Tenant>> {
        self.read.get(id)?.as_ref().ok()
    }

    /// What is wrong with the tenant's record; `None` when it is not read yet or is sound.
    #[must_use]
    pub fn damage(&self, id: &TenantId) -> Option<&Damage> {
        self.read.get(id)?.as_ref().err()
    }

    /// Whether `membership` is live: active, in a tenant that is neither offboarded nor in another pool. If the tenant is
    /// damaged, it counts as live.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn is_live(&mut self, membership: &Membership) -> Result<bool, StoreError> {
        if !membership.is_active() {
            return Ok(false);
        }
        self.read(std::slice::from_ref(&membership.tenant)).await?;
        Ok(!self.state(&membership.tenant).is_some_and(TenantState::is_gone))
    }

    /// Whether a user has a live membership.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub async fn has_live(&mut self, records: &UserRecords) -> Result<bool, StoreError> {
        for membership in records.by_joining() {
            if self.is_live(membership).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
