//! The ports of the functions on a [`Table`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy::join::{DefaultChange, JoinPlan, Offer, OfferTerms};
use tenancy::ports::{
    Commit, Defaults, DirectoryError, Joins, Memberships, Offers, ProviderBindings, Records, Stamps,
    StoreError, UserDirectory,
};
use tenancy::{
    ClientBinding, ClientId, Damage, EmailHash, InviteHash, InvitePointer, Membership, PoolId,
    ProviderBinding, ProviderName, Stamp, Tenant, TenantId, Timestamp, UserKey, UserRecords, Username,
};

use crate::{Done, Table, damage};

/// What happens before and after each request: nothing, or other calls go on.
pub trait Pace: Sync {
    fn pause(&self) -> impl Future<Output = ()> + Send;
}

/// At once.
impl Pace for () {
    async fn pause(&self) {}
}

/// A table that several calls share.
#[derive(Debug, Default)]
pub struct Store<P = ()> {
    table: Mutex<Table>,
    pace: P,
}

impl<P: Default> From<Table> for Store<P> {
    fn from(table: Table) -> Self {
        Self { table: Mutex::new(table), pace: P::default() }
    }
}

impl<P: Pace> Store<P> {
    pub fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn done(&self) -> Done {
        self.table().done
    }

    async fn ask<T>(&self, ask: impl FnOnce(&mut Table) -> T) -> T {
        self.pace.pause().await;
        let answer = ask(&mut self.table());
        self.pace.pause().await;
        answer
    }

    async fn read<T>(&self, read: impl FnOnce(&Table) -> T) -> T {
        self.ask(|table| {
            table.done.reads += 1;
            read(table)
        })
        .await
    }
}

impl<P: Pace> Records for Store<P> {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        Ok(self.read(|table| table.user(user)).await)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.read(|table| table.tenant(id)).await
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        Ok(self.read(|table| table.clients.get(&(pool.clone(), client.clone())).cloned()).await)
    }
}

impl<P: Pace> Memberships for Store<P> {
    async fn membership(&self, user: &UserKey, tenant: &TenantId) -> Result<Option<Membership>, StoreError> {
        Ok(self.user(user).await?.in_tenant(tenant).cloned())
    }
}

impl<P: Pace> Offers for Store<P> {
    /// The use is read before the invite, and another call may write in between: the worst order of two parallel reads.
    async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        let key = (hash.clone(), user.clone());
        let used_for = self.read(|table| table.uses.get(&key).cloned()).await;
        let invite = self.read(|table| table.invite(hash)).await;
        if used_for.is_some() {
            return Ok(Offer { used_for, ..Offer::default() });
        }
        let Some(invite) = invite? else { return Ok(Offer::default()) };
        let pointer = self.read(|table| table.pointed_at(&invite)).await;
        let tenant = self.tenant(&invite.tenant).await?;
        let tenant = tenant.ok_or_else(|| damage("an invite of a tenant that does not exist"))?;
        let terms = Some(OfferTerms { invite, tenant, pointer });
        Ok(Offer { used_for, terms, damaged_pointer: None })
    }

    async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        Ok(self.read(|table| table.pointer(email, tenant)).await)
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        Ok(self.read(|table| table.pointers(email)).await)
    }
}

impl<P: Pace> ProviderBindings for Store<P> {
    async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        self.read(|table| table.provider(pool, provider)).await
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl<P: Pace> Joins for Store<P> {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        Ok(self.ask(|table| table.join(plan)).await)
    }
}

impl<P: Pace> Defaults for Store<P> {
    async fn move_default(
        &self,
        user: &UserKey,
        change: &DefaultChange,
        _: Timestamp,
        _: &str,
    ) -> Result<Commit, StoreError> {
        Ok(self.ask(|table| table.move_default(user, change)).await)
    }
}

impl<P: Pace> Stamps for Store<P> {
    async fn mark_stamped(&self, user: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let mark = |table: &mut Table| {
            let memberships = table.users.get_mut(user).map(|records| &mut records.memberships);
            for membership in memberships.into_iter().flatten().filter(|m| m.tenant == *tenant) {
                membership.stamp = Stamp::Done;
            }
        };
        self.ask(mark).await;
        Ok(())
    }
}

/// The user pool takes every stamp.
impl<P: Pace> UserDirectory for Store<P> {
    async fn set_tenant(&self, _: &PoolId, _: &Username, _: &TenantId) -> Result<(), DirectoryError> {
        Ok(())
    }
}
