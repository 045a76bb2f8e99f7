//! What an operator reads and writes. Every write is planned from what was read ([`Change`]), can be looked at, and is one
//! transaction with its audit item that fails as a whole when anything that it was planned from has changed.

mod audit;
mod bindings;
mod change;
mod invites;
mod members;
mod tenants;

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use tenancy::ports::{BoxError, Commit, StoreError};
use tenancy::{Damage, TenantId, Timestamp};

pub use audit::{AuditQuery, AuditRecord};
pub use bindings::{ClientRecord, ProviderRecord, ProviderTerms};
pub use change::{Change, PlannedWrite};
pub use invites::{InviteRecord, InviteState, InviteUse, NewInvite};
pub use members::{MemberPages, MemberRecord, UserRecord};
pub use tenants::{TenantEdit, TenantRecord};

use self::change::Write;
use crate::call_error::unavailable;
use crate::item::{Attributes, new_item, text};
use crate::key::Key;
use crate::store::{DynamoStore, StoreMeter, write_transaction};
use crate::table::INDEX;

/// Reads and writes the table on behalf of an operator.
#[derive(Clone, Debug)]
pub struct Operator {
    client: Client,
    table: String,
    actor: String,
    store: DynamoStore,
    /// Tells which audit item of a second came first.
    clock: Option<fn() -> SystemTime>,
}

/// Why something was not done for an operator. Nothing was written, unless the store gave no answer to a write.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// A rule forbids it.
    #[error("{message}")]
    Refused {
        /// A stable name of the rule, such as `slug-taken`.
        rule: &'static str,
        /// What is wrong and what to do, in words.
        message: String,
    },
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
        let store = DynamoStore::new(client.clone(), table.clone());
        Self { client, table, actor, store, clock: None }
    }

    /// Orders audit items of one second by `clock`; without it they are in no order.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> SystemTime) -> Self {
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
        let operation = "write as an operator";
        let writes = change
            .into_transaction(&self.table)
            .map_err(|error| StoreError::Unavailable { operation, source: BoxError::from(error) })?;
        match write_transaction(operation, &self.client, &StoreMeter::default(), writes).await? {
            Commit::Done => Ok(()),
            Commit::Outdated => Err(OperatorError::Overtaken(what.to_owned())),
        }
    }

    /// Who did what, in the same transaction.
    fn audit_item(
        &self,
        tenant: &TenantId,
        (action, target): (&str, &str),
        detail: Option<String>,
        now: Timestamp,
    ) -> Write {
        let id = self.audit_id(now);
        let mut item = new_item(Key::audit(tenant, now, &id), "audit");
        item.insert("tid".to_owned(), text(tenant.as_str()));
        item.insert("action".to_owned(), text(action));
        item.insert("actor".to_owned(), text(self.actor.as_str()));
        item.insert("target".to_owned(), text(target));
        item.insert("outcome".to_owned(), text("done"));
        if let Some(detail) = detail {
            item.insert("detail".to_owned(), text(detail));
        }
        Write::Create(item)
    }

    /// Sixteen hexadecimal digits: with a clock, microseconds since `now`, then random bits; else random bits alone. Keys are
    /// in the order of texts.
    fn audit_id(&self, now: Timestamp) -> String {
        let Some(clock) = self.clock else { return format!("{:016x}", fastrand::u64(..)) };
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(now.epoch_seconds());
        let since = clock().duration_since(begin).unwrap_or_default().as_micros();
        format!("{:08x}{:08x}", u32::try_from(since).unwrap_or(u32::MAX), fastrand::u32(..))
    }

    /// Reads all items of one partition of the operators' index.
    async fn index(
        &self,
        operation: &'static str,
        partition: &str,
        sort_prefix: &str,
    ) -> Result<Vec<Attributes>, StoreError> {
        let mut pages = self.index_pages(operation, partition, sort_prefix, None);
        let mut items = Vec::new();
        while let Some(page) = pages.next().await? {
            items.extend(page);
        }
        Ok(items)
    }

    /// The items of one partition of the operators' index, page after page; `page_size` is the most on a page. The index
    /// follows the table within moments, not at once.
    fn index_pages(
        &self,
        operation: &'static str,
        partition: &str,
        sort_prefix: &str,
        page_size: Option<i32>,
    ) -> IndexPages {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .select(Select::AllAttributes)
            .set_limit(page_size)
            .key_condition_expression("gsi1pk = :pk")
            .expression_attribute_values(":pk", text(partition));
        if !sort_prefix.is_empty() {
            query = query
                .key_condition_expression("gsi1pk = :pk AND begins_with(gsi1sk, :prefix)")
                .expression_attribute_values(":prefix", text(sort_prefix));
        }
        IndexPages { operation, query, resume_after: None, is_over: false }
    }
}

struct IndexPages {
    operation: &'static str,
    query: QueryFluentBuilder,
    resume_after: Option<Attributes>,
    is_over: bool,
}

impl IndexPages {
    /// The next page, which may be empty without being the last; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<Attributes>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.query.clone().set_exclusive_start_key(self.resume_after.take()).send();
        let page = Box::pin(page).await.map_err(|error| unavailable(self.operation, &error))?;
        self.resume_after = page.last_evaluated_key;
        self.is_over = self.resume_after.is_none();
        Ok(Some(page.items.unwrap_or_default()))
    }
}

/// An attribute that is a text, if it is.
fn text_of<'a>(item: &'a Attributes, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// The version that an item is written with when it is changed.
fn next_version(item: &Attributes) -> (&'static str, aws_sdk_dynamodb::types::AttributeValue) {
    let version =
        item.get("ver").and_then(|value| value.as_n().ok()).and_then(|number| number.parse::<u64>().ok());
    ("ver", crate::item::number(version.unwrap_or(0).saturating_add(1)))
}

fn refused<T>(rule: &'static str, message: impl Into<String>) -> Result<T, OperatorError> {
    Err(OperatorError::Refused { rule, message: message.into() })
}
