//! The table as the functions use it. Every read that a decision rests on is strongly consistent.

mod invites;
mod records;
mod transaction;

pub(crate) use invites::{decode_invite, decode_provider};
pub(crate) use records::{decode_client, decode_membership, decode_tenant};
pub(crate) use transaction::write as write_transaction;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use tenancy::ports::StoreError;

use crate::call_error::unavailable;
use crate::item::{Attributes, text};
use crate::key::Key;

/// Longest time that the warm-up may take of a cold start.
const WARM_UP_TIMEOUT: Duration = Duration::from_millis(400);

/// The tenancy table.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
    meter: Arc<StoreMeter>,
}

impl DynamoStore {
    /// The table called `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, meter: Arc::default() }
    }

    /// What the store's calls have cost since the last [`StoreMeter::take`].
    #[must_use]
    pub fn meter(&self) -> &StoreMeter {
        &self.meter
    }

    /// Opens the connection with one bounded read of nothing, so that name look-up and TLS handshake happen while Lambda
    /// still gives the full CPU of the init phase. What comes of it does not matter, and is not an error.
    pub async fn warm_up(&self) {
        let _ = tokio::time::timeout(WARM_UP_TIMEOUT, self.get("warm up", Key::warm_up())).await;
        self.meter.take();
    }

    /// Reads one item, strongly consistent.
    pub(crate) async fn get(
        &self,
        operation: &'static str,
        key: Key,
    ) -> Result<Option<Attributes>, StoreError> {
        let call = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.into_attributes()))
            .consistent_read(true)
            .send();
        let answer = self.meter.time(call).await;
        answer.map(|output| output.item).map_err(|error| unavailable(operation, &error))
    }

    /// Reads all items of one partition whose sort key begins with `sort_prefix`, page after page, strongly consistent.
    pub(crate) async fn query(
        &self,
        operation: &'static str,
        partition: String,
        sort_prefix: &str,
    ) -> Result<Vec<Attributes>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(partition))
            .consistent_read(true);
        if !sort_prefix.is_empty() {
            query = query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(sort_prefix));
        }
        let mut items = Vec::new();
        let mut resume_after = None;
        loop {
            let page = self.meter.time(query.clone().set_exclusive_start_key(resume_after).send()).await;
            let page = page.map_err(|error| unavailable(operation, &error))?;
            items.extend(page.items.unwrap_or_default());
            resume_after = page.last_evaluated_key;
            if resume_after.is_none() {
                return Ok(items);
            }
        }
    }
}

/// Counts calls of the table and the time they took, for the metrics `StoreCalls` and `StoreMs`.
#[derive(Debug, Default)]
pub struct StoreMeter {
    calls: AtomicU64,
    micros: AtomicU64,
}

impl StoreMeter {
    /// What was counted since the last time, and starts anew: calls, and the sum of their durations (calls made at the
    /// same time count each).
    pub fn take(&self) -> (u64, Duration) {
        let calls = self.calls.swap(0, Ordering::Relaxed);
        (calls, Duration::from_micros(self.micros.swap(0, Ordering::Relaxed)))
    }

    async fn time<T>(&self, call: impl Future<Output = T>) -> T {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let begin = Instant::now();
        // An SDK call's future is large; on the heap it does not add up in every caller.
        let answer = Box::pin(call).await;
        let micros = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        answer
    }
}
