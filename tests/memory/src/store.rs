//! The ports of the functions on a [`Table`].

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy::join::{DefaultChange, JoinPlan, Offer, OfferTerms};
use tenancy::ports::{
    BoxError, Commit, Defaults, DirectoryError, Joins, Memberships, Offers, ProviderBindings, Records,
    Stamps, StoreError, UserDirectory,
};
use tenancy::{
    ClientBinding, ClientId, Damage, EmailHash, InviteHash, InvitePointer, Membership, PoolId,
    ProviderBinding, ProviderName, Tenant, TenantId, Timestamp, UserKey, UserRecords, Username,
};

use crate::{Done, Fault, Part, Table, damage};

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

    async fn ask<T>(&self, part: Part, ask: impl FnOnce(&mut Table) -> T) -> Result<T, BoxError> {
        self.pace.pause().await;
        let answer = {
            let mut table = self.table();
            table.fault(&part).map_or_else(|| Ok(ask(&mut table)), Err)
        };
        self.pace.pause().await;
        match answer {
            Ok(answer) => Ok(answer),
            Err(Fault::Fails(cause)) => Err(cause.into()),
            Err(Fault::Hangs) => pending().await,
        }
    }

    async fn write<T>(&self, part: Part, write: impl FnOnce(&mut Table) -> T) -> Result<T, StoreError> {
        let answer = self.ask(part, write).await;
        answer.map_err(|source| StoreError::Unavailable { operation: "reach the table", source })
    }

    async fn read<T>(&self, part: Part, read: impl FnOnce(&Table) -> T) -> Result<T, StoreError> {
        self.write(part, |table| {
            table.done.reads += 1;
            read(table)
        })
        .await
    }
}

impl<P: Pace> Records for Store<P> {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        self.read(Part::Table, |table| table.user(user)).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.read(Part::Tenant(id.clone()), |table| table.tenant(id)).await?
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        let key = (pool.clone(), client.clone());
        self.read(Part::Table, |table| table.clients.get(&key).cloned()).await
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
        let used_for = self.read(Part::Table, |table| table.uses.get(&key).cloned()).await?;
        let invite = self.read(Part::Table, |table| table.invite(hash)).await?;
        if used_for.is_some() {
            return Ok(Offer { used_for, ..Offer::default() });
        }
        let Some(invite) = invite? else { return Ok(Offer::default()) };
        let pointer = self.read(Part::Table, |table| table.pointed_at(&invite)).await?;
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
        self.read(Part::Table, |table| table.pointer(email, tenant)).await
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        self.read(Part::Table, |table| table.pointers(email)).await
    }
}

impl<P: Pace> ProviderBindings for Store<P> {
    async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        self.read(Part::Table, |table| table.provider(pool, provider)).await?
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl<P: Pace> Joins for Store<P> {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        self.write(Part::Table, |table| table.join(plan)).await
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
        self.write(Part::Defaults, |table| table.move_default(user, change)).await
    }
}

impl<P: Pace> Stamps for Store<P> {
    async fn mark_stamped(&self, user: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        self.write(Part::Tenant(tenant.clone()), |table| table.mark_stamped(user, tenant)).await
    }
}

impl<P: Pace> UserDirectory for Store<P> {
    async fn set_tenant(
        &self,
        pool: &PoolId,
        user: &Username,
        tenant: &TenantId,
    ) -> Result<(), DirectoryError> {
        let written = (pool.clone(), user.clone(), tenant.clone());
        self.ask(Part::UserPool, |table| table.attributes.push(written)).await.map_err(DirectoryError)
    }
}
