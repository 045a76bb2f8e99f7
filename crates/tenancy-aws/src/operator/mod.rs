//! What an operator reads and writes. Every write is planned from what was read ([`Change`]), can be looked at, and is one
//! transaction with its audit item that fails as a whole when anything that it was planned from has changed.
#![expect(clippy::missing_errors_doc, reason = "`OperatorError` says it; `Rule` says what is refused")]

mod audit;
mod bindings;
mod invites;
mod members;
mod tenants;

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use tenancy::operate::Rule;
pub use tenancy::operate::bindings::ProviderTerms;
pub use tenancy::operate::invites::{InviteState, NewInvite};
pub use tenancy::operate::tenants::TenantEdit;
use tenancy::ports::{Commit, StoreError};
use tenancy::{Damage, TenantId, Timestamp};

pub use audit::AuditQuery;
pub use members::MemberPages;

pub use crate::change::{Change, PlannedWrite};
pub use crate::records::audit::AuditRecord;
pub use crate::records::client::ClientRecord;
pub use crate::records::invite::InviteRecord;
pub use crate::records::invite_use::InviteUse;
pub use crate::records::member::MemberRecord;
pub use crate::records::provider::ProviderRecord;
pub use crate::records::tenant::TenantRecord;
pub use crate::records::user::UserRecord;

use crate::cache::Clock;
use crate::change::Step;
use crate::read::TableClient;
use crate::records::audit::NewAudit;
use crate::store::DynamoStore;

/// The operation that [`Operator::apply`] names in [`StoreError::Unavailable`].
pub const APPLY: &str = "write the change";

/// Reads and writes the table on behalf of an operator.
#[derive(Clone, Debug)]
pub struct Operator {
    actor: String,
    store: DynamoStore,
    /// Tells which audit item of a second came first.
    clock: Option<Clock>,
}

/// Why something was not done for an operator. Nothing was written, unless the store gave no answer to a write.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error(transparent)]
    Refused(#[from] Rule),
    /// Somebody else has changed what this was planned from.
    #[error("{0} was changed by somebody else meanwhile; nothing was written. Look at it again, and repeat")]
    Overtaken(String),
    /// The store gave no answer, or an item is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Damage> for OperatorError {
    fn from(damage: Damage) -> Self {
        Self::Store(damage.into())
    }
}

/// What a list is made of: a damaged item stands in its place, and does not hide the others.
pub type Listed<T> = Vec<Result<T, Damage>>;

impl Operator {
    /// Works on `table` as `actor`, the name that audit items show.
    #[must_use]
    pub fn new(client: Client, table: String, actor: String) -> Self {
        Self { actor, store: DynamoStore::new(client, table), clock: None }
    }

    /// Orders audit items of one second by `clock`; without it they are in no order.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The name that audit items show.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The table as the functions read it.
    #[must_use]
    pub fn store(&self) -> &DynamoStore {
        &self.store
    }

    fn table(&self) -> &TableClient {
        &self.store.table
    }

    /// Writes `change`: all of it, or nothing. `what` is what it is about, as in "tenant `acme`".
    ///
    /// # Errors
    ///
    /// [`OperatorError::Overtaken`] when anything that it was planned from has changed; [`OperatorError::Store`] when there
    /// is no answer: then it may have been written all the same, which the next look shows.
    pub async fn apply(&self, change: Change, what: &str) -> Result<(), OperatorError> {
        if change.is_empty() {
            return Ok(());
        }
        match self.table().transact(APPLY, change.into_writes()).await? {
            Commit::Done => Ok(()),
            Commit::Outdated => Err(OperatorError::Overtaken(what.to_owned())),
        }
    }

    /// Who did what, in the same transaction.
    fn audit_item(
        &self,
        tenant: &TenantId,
        action: &str,
        target: String,
        detail: Option<String>,
        at: Timestamp,
    ) -> Step {
        let (id, actor) = (self.audit_id(at), self.actor.clone());
        let audit =
            NewAudit { tenant, at, id, action, actor, target, outcome: "done", detail, request_id: None };
        Step::Create(audit.encode())
    }

    /// Sixteen hexadecimal digits: with a clock, microseconds since `now`, then random bits; else random bits alone. Keys are
    /// in the order of texts.
    fn audit_id(&self, now: Timestamp) -> String {
        let Some(clock) = self.clock else { return format!("{:016x}", fastrand::u64(..)) };
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(now.epoch_seconds());
        let since = clock().duration_since(begin).unwrap_or_default().as_micros();
        format!("{:08x}{:08x}", u32::try_from(since).unwrap_or(u32::MAX), fastrand::u32(..))
    }
}
