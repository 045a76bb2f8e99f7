//! What the rules need from outside: the table, and the user directory.

use std::sync::Arc;

use crate::join::{DefaultChange, JoinPlan, Offer};
use crate::{
    ClientBinding, ClientId, Damage, EmailHash, InviteHash, InvitePointer, PoolId, ProviderBinding,
    ProviderName, Tenant, TenantId, Timestamp, UserKey, UserRecords, Username,
};

/// An error from below, kept for operators.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why the store could not say. `Display` is for operators, and carries no personal data and no secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It gave no answer: unreachable, throttled, refused, too slow.
    #[error("the store gave no answer to {operation}")]
    Unavailable {
        /// What was asked of it.
        operation: &'static str,
        /// What it said or what happened instead.
        source: BoxError,
    },
    /// It holds an item that cannot be what it claims to be. Refused, never guessed.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// Port: who belongs where.
pub trait Records {
    /// All that is known of `user`, strongly consistent; empty records when nothing is.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer, or any of the user's items is damaged.
    fn user(&self, user: &UserKey) -> impl Future<Output = Result<UserRecords, StoreError>> + Send;

    /// The tenant `id`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer or the item is damaged.
    fn tenant(&self, id: &TenantId) -> impl Future<Output = Result<Option<Arc<Tenant>>, StoreError>> + Send;

    /// The binding of an app client; `None` when it has none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer or the item is damaged.
    fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> impl Future<Output = Result<Option<ClientBinding>, StoreError>> + Send;
}

/// What became of a write that names what it was decided from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Commit {
    /// All of it is written.
    Done,
    /// Nothing is: what the plan was made from has changed. Read and decide again.
    Outdated,
}

/// Port: the invites that are on offer. Every read is strongly consistent and never cached: a membership that is written on
/// its strength stays.
pub trait Offers {
    /// What is on offer under `hash` for `user`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer or an item is damaged, an invite of a tenant that does not exist included.
    fn offer(
        &self,
        hash: &InviteHash,
        user: &UserKey,
    ) -> impl Future<Output = Result<Offer, StoreError>> + Send;

    /// The pointer of an address to its open invite of `tenant`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer or the pointer is damaged.
    fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Option<InvitePointer>, StoreError>> + Send;

    /// The pointers of an address to its open invites, one a tenant; a damaged one in its place, so that it does not keep
    /// the user from the others.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer.
    fn pointers(
        &self,
        email: &EmailHash,
    ) -> impl Future<Output = Result<Vec<Result<InvitePointer, Damage>>, StoreError>> + Send;
}

/// Port: the tenants of identity providers. Strongly consistent and never cached, as [`Offers`] are.
pub trait ProviderBindings {
    /// The binding of an identity provider; `None` when it has none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer or the item is damaged.
    fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> impl Future<Output = Result<Option<ProviderBinding>, StoreError>> + Send;

    /// The tenant to which an identity provider is bound; `None` when it does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer or the item is damaged.
    fn joinable_tenant(
        &self,
        id: &TenantId,
    ) -> impl Future<Output = Result<Option<Arc<Tenant>>, StoreError>> + Send;
}

/// Port: joins.
pub trait Joins {
    /// Writes a join: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer. The write may have happened; the next read shows it.
    fn commit(&self, plan: &JoinPlan) -> impl Future<Output = Result<Commit, StoreError>> + Send;
}

/// All that joining needs.
pub trait JoinStore: Records + Offers + ProviderBindings + Joins {}

impl<S: Records + Offers + ProviderBindings + Joins> JoinStore for S {}

/// Port: the default tenants of users.
pub trait Defaults {
    /// Moves the default tenant of `user`, with an audit item `member.default-moved`, if the profile still names
    /// `change.from`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer.
    fn move_default(
        &self,
        user: &UserKey,
        change: &DefaultChange,
        at: Timestamp,
        request_id: &str,
    ) -> impl Future<Output = Result<Commit, StoreError>> + Send;
}

/// Port: which stamps are still to be written.
pub trait Stamps {
    /// Notes that the user attribute has been written for the membership of `user` in `tenant`. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no answer.
    fn mark_stamped(
        &self,
        user: &UserKey,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why the user directory did not take a change. `Display` is for operators.
#[derive(Debug, thiserror::Error)]
#[error("the user directory did not take the change")]
pub struct DirectoryError(#[source] pub BoxError);

/// Port: the user pool's own record of a user.
pub trait UserDirectory {
    /// Writes the tenant attribute of a user, and nothing else. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] when it was not written or nobody knows.
    fn set_tenant(
        &self,
        pool: &PoolId,
        username: &Username,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<(), DirectoryError>> + Send;
}
