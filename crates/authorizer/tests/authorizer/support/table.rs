//! A table in memory.

use std::sync::{Arc, Mutex};

use tenancy::ports::{Memberships, Records, StoreError};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, Membership, MembershipStatus, PoolId, Stamp, Tenant,
    TenantId, TenantStatus, UserKey, UserRecords,
};

use super::pool::{CLIENT, POOL, SUB};

/// A table that has what a test puts into it, or fails.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) tenant: Mutex<Item<Tenant>>,
    pub(crate) binding: Mutex<Item<ClientBinding>>,
    pub(crate) membership: Mutex<Item<Membership>>,
    /// What was read, in order.
    pub(crate) read: Mutex<Vec<&'static str>>,
}

#[derive(Clone, Default)]
pub(crate) enum Item<T> {
    #[default]
    Missing,
    Found(T),
    Damaged,
    Silent,
    Hanging,
    Panicking,
}

impl<T: Clone> Item<T> {
    async fn read(&self, operation: &'static str) -> Result<Option<T>, StoreError> {
        match self {
            Self::Missing => Ok(None),
            Self::Found(item) => Ok(Some(item.clone())),
            Self::Damaged => {
                Err(Damage { key: "TENANT#acme / META".to_owned(), problem: "`tier` is missing".to_owned() }
                    .into())
            }
            Self::Silent => Err(StoreError::Unavailable { operation, source: "InternalServerError".into() }),
            Self::Hanging => std::future::pending().await,
            Self::Panicking => panic!("ana@example.com"),
        }
    }
}

impl Table {
    fn note<T: Clone>(&self, what: &'static str, item: &Mutex<T>) -> T {
        self.read.lock().unwrap().push(what);
        item.lock().unwrap().clone()
    }
}

impl Records for Table {
    async fn user(&self, _: &UserKey) -> Result<UserRecords, StoreError> {
        panic!("one membership is enough")
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        assert_eq!(id.as_str(), "acme");
        Ok(self.note("tenant", &self.tenant).read("read a tenant").await?.map(Arc::new))
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        assert_eq!((pool.as_str(), client.as_str()), (POOL, CLIENT));
        self.note("binding", &self.binding).read("read an app client's binding").await
    }
}

impl Memberships for Table {
    async fn membership(&self, user: &UserKey, tenant: &TenantId) -> Result<Option<Membership>, StoreError> {
        assert_eq!((user.pool.as_str(), user.sub.as_str(), tenant.as_str()), (POOL, SUB, "acme"));
        self.note("membership", &self.membership).read("read a membership").await
    }
}

pub(crate) fn tenant(status: TenantStatus) -> Item<Tenant> {
    Item::Found(Tenant {
        id: "acme".parse().unwrap(),
        name: "Canary Inc.".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status,
        roles: std::collections::BTreeMap::default(),
        pools: Vec::new(),
    })
}

/// An active tenant that is in these pools alone.
pub(crate) fn in_pools(pools: &[&str]) -> Item<Tenant> {
    let Item::Found(tenant) = tenant(TenantStatus::Active) else { unreachable!() };
    Item::Found(Tenant { pools: pools.iter().map(|pool| pool.parse().unwrap()).collect(), ..tenant })
}

pub(crate) fn membership(status: MembershipStatus) -> Item<Membership> {
    Item::Found(Membership {
        tenant: "acme".parse().unwrap(),
        roles: Vec::new(),
        status,
        stamp: Stamp::Done,
        version: 1,
        joined_at: None,
    })
}

pub(crate) fn binding(tenant: &str, mode: ClientBindingMode) -> Item<ClientBinding> {
    Item::Found(ClientBinding { tenant: tenant.parse().unwrap(), mode })
}
