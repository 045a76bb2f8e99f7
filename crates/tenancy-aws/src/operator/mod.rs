//! The reads and writes of an operator. Each write is first planned from records that were read ([`Change`]), and can be
//! previewed. It is one transaction together with its audit item, and fails if one of those records has changed.
#![expect(clippy::missing_errors_doc, reason = "`OperatorError` describes them; `Rule` lists the refusals")]

mod audit;
mod bindings;
mod cells;
mod domains;
mod invites;
mod members;
mod pages;
mod placing;
mod tenants;

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use tenancy::operate::Rule;
pub use tenancy::operate::bindings::ProviderTerms;
pub use tenancy::operate::cells::{CellEdit, Pick};
pub use tenancy::operate::invites::{InviteState, NewInvite};
pub use tenancy::operate::tenants::TenantEdit;
use tenancy::ports::{Commit, StoreError};
use tenancy::{Damage, TenantId, Timestamp};

pub use audit::AuditQuery;
pub use pages::ListPages;

pub use crate::change::{Change, PlannedWrite};
pub use crate::records::audit::{AuditOf, AuditRecord};
pub use crate::records::cell::CellRecord;
pub use crate::records::client::ClientRecord;
pub use crate::records::domain::DomainRecord;
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
    /// Orders the audit items of one second.
    clock: Option<Clock>,
}

/// Why an operator's request failed. Nothing was written, unless a write got no answer from the store.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error(transparent)]
    Refused(#[from] Rule),
    /// A record from which the change was planned has changed since it was read.
    #[error("nothing was written, because {0} has changed since it was read; check it and retry")]
    Overtaken(String),
    /// Each cell that was chosen was full or closed by the time of the write.
    #[error("nothing was written: gave up after {0} cells that other placements filled in the meantime")]
    Crowded(u32),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Damage> for OperatorError {
    fn from(damage: Damage) -> Self {
        Self::Store(damage.into())
    }
}

/// A list. A damaged item is an error in its place, and the other items are still listed.
pub type Listed<T> = Vec<Result<T, Damage>>;

impl Operator {
    /// `actor` is the name that audit items record.
    #[must_use]
    pub fn new(client: Client, table: String, actor: String) -> Self {
        Self { actor, store: DynamoStore::new(client, table), clock: None }
    }

    /// Orders the audit items of one second by `clock`. Without a clock, their order is random.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The name that audit items record.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The store that the functions use, on the same table.
    #[must_use]
    pub fn store(&self) -> &DynamoStore {
        &self.store
    }

    fn table(&self) -> &TableClient {
        &self.store.table
    }

    /// Writes `change`: all of it, or nothing. `what` names the changed record in an error, such as "tenant `acme`".
    ///
    /// # Errors
    ///
    /// [`OperatorError::Overtaken`] when a record from which it was planned has changed. [`OperatorError::Store`] when the
    /// call failed. If DynamoDB did not answer, the change may have been written: read the records again to find out.
    pub async fn apply(&self, change: Change, what: &str) -> Result<(), OperatorError> {
        if change.is_empty() {
            return Ok(());
        }
        match self.table().transact(APPLY, change.into_writes()).await? {
            Commit::Done => Ok(()),
            Commit::Outdated => Err(OperatorError::Overtaken(what.to_owned())),
        }
    }

    fn audit_item(
        &self,
        tenant: &TenantId,
        action: &str,
        target: String,
        detail: Option<String>,
        at: Timestamp,
    ) -> Step {
        self.audit_item_of(AuditOf::Tenant(tenant), action, target, detail, at)
    }

    fn audit_item_of(
        &self,
        of: AuditOf<'_>,
        action: &str,
        target: String,
        detail: Option<String>,
        at: Timestamp,
    ) -> Step {
        let (id, actor) = (self.audit_id(at), self.actor.clone());
        let audit = NewAudit { of, at, id, action, actor, target, outcome: "done", detail, request_id: None };
        Step::Create(audit.encode())
    }

    /// Sixteen hexadecimal digits. With a clock: the microseconds since `now`, then random digits, because DynamoDB sorts
    /// keys as text. Without a clock: random digits only.
    fn audit_id(&self, now: Timestamp) -> String {
        let Some(clock) = self.clock else { return format!("{:016x}", fastrand::u64(..)) };
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(now.epoch_seconds());
        let since = clock().duration_since(begin).unwrap_or_default().as_micros();
        format!("{:08x}{:08x}", u32::try_from(since).unwrap_or(u32::MAX), fastrand::u32(..))
    }
}
