//! The table, to be read and nothing else. The store that can write is private to this file, and nothing here writes: so
//! nothing that a replay does can.

use std::sync::Arc;
use std::time::Duration;

use tenancy::ports::{Damage, Invites, Offer, Records, StoreError};
use tenancy::{
    ClientBinding, ClientId, EmailHash, InviteHash, InvitePointer, PoolId, ProviderBinding, ProviderName,
    Tenant, TenantId, UserKey, UserRecords,
};
use tenancy_aws::DynamoStore;

/// The reads of the two functions.
pub(super) struct TableReads(DynamoStore);

impl TableReads {
    pub(super) fn new(store: DynamoStore) -> Self {
        Self(store)
    }

    /// Calls made since the last time, and the sum of their durations.
    pub(super) fn take_cost(&self) -> (u64, Duration) {
        self.0.meter().take()
    }

    pub(super) async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        self.0.user(user).await
    }

    pub(super) async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.0.tenant(id).await
    }

    pub(super) async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        self.0.client_binding(pool, client).await
    }

    pub(super) async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        self.0.offer(hash, user).await
    }

    pub(super) async fn pointers(
        &self,
        email: &EmailHash,
    ) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        self.0.pointers(email).await
    }

    pub(super) async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        self.0.pointer(email, tenant).await
    }

    pub(super) async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        self.0.provider_binding(pool, provider).await
    }
}
