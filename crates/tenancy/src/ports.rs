//! Traits for what the rules read and write: the table, and the user pool.

use std::sync::Arc;

use crate::join::{DefaultChange, JoinPlan, Offer};
use crate::{
    ClientBinding, ClientId, Damage, EmailHash, InviteHash, InvitePointer, Membership, PoolId,
    ProviderBinding, ProviderName, Tenant, TenantId, Timestamp, UserKey, UserRecords, Username,
};

/// The cause of an error, for operators.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The table could not be read or written, or an item is damaged. `Display` is for operators; it has no personal data and
/// no secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Unreachable, throttled, denied or too slow.
    #[error("could not {operation}")]
    Unavailable {
        /// Completes "could not ..", such as `read a user`.
        operation: &'static str,
        source: BoxError,
    },
    /// An item breaks the rules of its type. The call fails; nothing is guessed.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// `REDEEM=off`: the call would have written a membership, and must not.
    #[error("somebody would have joined a tenant, and REDEEM is `off` here")]
    RedeemOff,
}

/// Port: memberships, tenants and app client bindings.
pub trait Records {
    /// Everything about `user`, strongly consistent; empty records when the table has nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read, or any of the user's items is damaged.
    fn user(&self, user: &UserKey) -> impl Future<Output = Result<UserRecords, StoreError>> + Send;

    /// The tenant `id`; `None` when it does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the item is damaged.
    fn tenant(&self, id: &TenantId) -> impl Future<Output = Result<Option<Arc<Tenant>>, StoreError>> + Send;

    /// The binding of an app client; `None` when the client is not bound.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the item is damaged.
    fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> impl Future<Output = Result<Option<ClientBinding>, StoreError>> + Send;
}

/// Port: one membership, for a request and not for a token.
pub trait Memberships {
    /// The membership of `user` in `tenant`, of any status, strongly consistent; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the item is damaged.
    fn membership(
        &self,
        user: &UserKey,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Option<Membership>, StoreError>> + Send;
}

/// The result of a conditional write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Commit {
    /// Everything was written.
    Done,
    /// Nothing was written, because a record has changed since it was read. Read and decide again.
    Outdated,
}

/// Port: invites. Every read is strongly consistent and never cached, because the membership that follows from it stays.
pub trait Offers {
    /// The invite with the code hash `hash`, and whether `user` has used it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read, an item is damaged, or the invite's tenant does not exist.
    fn offer(
        &self,
        hash: &InviteHash,
        user: &UserKey,
    ) -> impl Future<Output = Result<Offer, StoreError>> + Send;

    /// The pointer of an address to its open invite of `tenant`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the pointer is damaged.
    fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Option<InvitePointer>, StoreError>> + Send;

    /// The pointers of an address to its open invites, at most one per tenant. A damaged pointer is one entry with its
    /// damage, so that the others can still be used.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read.
    fn pointers(
        &self,
        email: &EmailHash,
    ) -> impl Future<Output = Result<Vec<Result<InvitePointer, Damage>>, StoreError>> + Send;
}

/// Port: bindings of identity providers. Strongly consistent and never cached, like [`Offers`].
pub trait ProviderBindings {
    /// The binding of an identity provider; `None` when the provider is not bound.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the item is damaged.
    fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> impl Future<Output = Result<Option<ProviderBinding>, StoreError>> + Send;

    /// The tenant that an identity provider is bound to; `None` when it does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the item is damaged.
    fn joinable_tenant(
        &self,
        id: &TenantId,
    ) -> impl Future<Output = Result<Option<Arc<Tenant>>, StoreError>> + Send;
}

pub trait Joins {
    /// Writes a join in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table did not answer. The join may still have been written; the next read shows it.
    fn commit(&self, plan: &JoinPlan) -> impl Future<Output = Result<Commit, StoreError>> + Send;
}

/// Everything that joining reads and writes.
pub trait JoinStore: Records + Offers + ProviderBindings + Joins {}

impl<S: Records + Offers + ProviderBindings + Joins> JoinStore for S {}

pub trait Defaults {
    /// Moves the default tenant of `user`, with an audit item `member.default-moved`, if the profile still names
    /// `change.from`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be written.
    fn move_default(
        &self,
        user: &UserKey,
        change: &DefaultChange,
        at: Timestamp,
        request_id: &str,
    ) -> impl Future<Output = Result<Commit, StoreError>> + Send;
}

pub trait Stamps {
    /// Marks the stamp as done for the membership of `user` in `tenant`. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be written.
    fn mark_stamped(
        &self,
        user: &UserKey,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The tenant attribute could not be written. `Display` is for operators.
#[derive(Debug, thiserror::Error)]
#[error("could not write the tenant attribute")]
pub struct DirectoryError(#[source] pub BoxError);

/// Port: the user's record in the user pool.
pub trait UserDirectory {
    /// Writes the tenant attribute of a user, and no other. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] when the write failed, or its result is unknown.
    fn set_tenant(
        &self,
        pool: &PoolId,
        username: &Username,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<(), DirectoryError>> + Send;
}
