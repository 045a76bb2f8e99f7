//! A table in memory. Ana is active in `acme` and suspended in `globex`; `initech` has neither her nor anybody else. The app
//! client `silo` is bound to `acme`, the machine `robot` to `initech`. There are no invites, so nothing can be joined.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenancy::join::{DefaultChange, JoinPlan, Offer};
use tenancy::ports::{
    Commit, Defaults, DirectoryError, Joins, Memberships, Offers, ProviderBindings, Records, Stamps,
    StoreError, UserDirectory,
};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, EmailHash, InviteHash, InvitePointer, Membership,
    MembershipStatus, PoolId, ProviderBinding, ProviderName, Stamp, Tenant, TenantId, TenantStatus,
    Timestamp, UserKey, UserRecords, Username,
};

use crate::pool::{POOL, SUB};

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) has_joined: AtomicBool,
}

fn membership(tenant: &str, status: MembershipStatus) -> Membership {
    Membership {
        tenant: tenant.parse().expect("a tenant id"),
        roles: vec!["viewer".parse().expect("a role")],
        status,
        stamp: Stamp::Done,
        version: 1,
        joined_at: None,
    }
}

impl Records for Table {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        let mut records = UserRecords::default();
        if (user.pool.as_str(), user.sub.as_str()) == (POOL, SUB) {
            records.memberships.push(membership("acme", MembershipStatus::Active));
            records.memberships.push(membership("globex", MembershipStatus::Suspended));
        }
        Ok(records)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let is_known = ["acme", "globex", "initech"].contains(&id.as_str());
        Ok(is_known.then(|| {
            Arc::new(Tenant {
                id: id.clone(),
                name: "Acme".parse().expect("a name"),
                tier: "pro".parse().expect("a tier"),
                status: TenantStatus::Active,
                roles: BTreeMap::new(),
                pools: Vec::new(),
            })
        }))
    }

    async fn client_binding(
        &self,
        _: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        let bound = match client.as_str() {
            "silo" => Some(("acme", ClientBindingMode::Required)),
            "robot" => Some(("initech", ClientBindingMode::Machine)),
            _ => None,
        };
        Ok(bound.map(|(tenant, mode)| ClientBinding { tenant: tenant.parse().expect("a tenant id"), mode }))
    }
}

impl Memberships for Table {
    async fn membership(&self, user: &UserKey, tenant: &TenantId) -> Result<Option<Membership>, StoreError> {
        Ok(self.user(user).await?.in_tenant(tenant).cloned())
    }
}

impl Offers for Table {
    async fn offer(&self, _: &InviteHash, _: &UserKey) -> Result<Offer, StoreError> {
        Ok(Offer::default())
    }

    async fn pointer(&self, _: &EmailHash, _: &TenantId) -> Result<Option<InvitePointer>, StoreError> {
        Ok(None)
    }

    async fn pointers(&self, _: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        Ok(Vec::new())
    }
}

impl ProviderBindings for Table {
    async fn provider_binding(
        &self,
        _: &PoolId,
        _: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        Ok(None)
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for Table {
    async fn commit(&self, _: &JoinPlan) -> Result<Commit, StoreError> {
        self.has_joined.store(true, Ordering::Relaxed);
        Ok(Commit::Done)
    }
}

impl Defaults for Table {
    async fn move_default(
        &self,
        _: &UserKey,
        _: &DefaultChange,
        _: Timestamp,
        _: &str,
    ) -> Result<Commit, StoreError> {
        Ok(Commit::Done)
    }
}

impl Stamps for Table {
    async fn mark_stamped(&self, _: &UserKey, _: &TenantId) -> Result<(), StoreError> {
        Ok(())
    }
}

impl UserDirectory for Table {
    async fn set_tenant(&self, _: &PoolId, _: &Username, _: &TenantId) -> Result<(), DirectoryError> {
        Ok(())
    }
}
