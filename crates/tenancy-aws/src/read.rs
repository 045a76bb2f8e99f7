//! Reads of the table: one item, or all items of a range, page by page. Reads of the table are strongly consistent; reads of
//! the index are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use futures_util::future::BoxFuture;
use tenancy::ports::StoreError;

use crate::call_error::unavailable;
use crate::item::{Attributes, text};
use crate::key::Key;
use crate::table::INDEX;

/// Items on a page of a list, unless the caller says otherwise: few enough to hold, and to be there at once. DynamoDB ends a
/// page at 1 MB in any case.
const PAGE: i32 = 1_000;

#[derive(Clone, Debug)]
pub(crate) struct TableClient {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) meter: Arc<StoreMeter>,
}

/// A call to the table. The SDK's future is large; on the heap it does not enlarge the future of each caller.
pub(crate) type Call<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl TableClient {
    pub(crate) fn get(&self, operation: &'static str, key: Key) -> Call<'_, Option<Attributes>> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key.into_attributes()));
        Box::pin(async move {
            let answer = self.meter.time(call.consistent_read(true).send()).await;
            answer.map(|output| output.item).map_err(|error| unavailable(operation, &error))
        })
    }

    /// Reads all items of one partition whose sort key begins with `prefix`.
    pub(crate) fn query(
        &self,
        operation: &'static str,
        partition: String,
        prefix: &str,
    ) -> Call<'static, Vec<Attributes>> {
        let query = within(self.of_table(), ["pk", "sk"], partition, prefix);
        self.pages(operation, query).all()
    }

    /// Reads the first items of one partition, at most `most` and at most 1 MB.
    pub(crate) fn first(
        &self,
        operation: &'static str,
        partition: &str,
        most: usize,
    ) -> Call<'static, Vec<Attributes>> {
        let query = within(self.of_table(), ["pk", "sk"], partition.to_owned(), "");
        let mut pages = self.pages(operation, query.limit(i32::try_from(most).unwrap_or(PAGE)));
        Box::pin(async move { Ok(pages.next().await?.unwrap_or_default()) })
    }

    /// The items of one partition from the sort key `from` to `until`, both included, page by page. Without `latest`: in
    /// ascending order. With `latest`: in descending order, on pages of at most that many items.
    pub(crate) fn range_pages(
        &self,
        operation: &'static str,
        partition: String,
        (from, until): (String, String),
        latest: Option<usize>,
    ) -> Pages {
        let page_size =
            latest.and_then(|latest| i32::try_from(latest).ok()).map_or(PAGE, |latest| latest.min(PAGE));
        let query = self
            .of_table()
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":until", text(until))
            .scan_index_forward(latest.is_none())
            .limit(page_size);
        self.pages(operation, query)
    }

    /// Reads all items of one partition of the operators' index whose index sort key begins with `prefix`.
    pub(crate) fn index(
        &self,
        operation: &'static str,
        partition: String,
        prefix: &str,
    ) -> Call<'static, Vec<Attributes>> {
        self.index_pages(operation, partition, prefix, None).all()
    }

    /// The same items, page by page. A page has at most `page_size` items, or [`PAGE`]. The index is eventually consistent.
    pub(crate) fn index_pages(
        &self,
        operation: &'static str,
        partition: String,
        prefix: &str,
        page_size: Option<i32>,
    ) -> Pages {
        let query = self.client.query().table_name(&self.name).index_name(INDEX);
        let query = query.select(Select::AllAttributes).limit(page_size.unwrap_or(PAGE));
        self.pages(operation, within(query, ["gsi1pk", "gsi1sk"], partition, prefix))
    }

    fn of_table(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name).consistent_read(true)
    }

    fn pages(&self, operation: &'static str, query: QueryFluentBuilder) -> Pages {
        Pages { meter: Arc::clone(&self.meter), operation, query, resume_after: None, is_over: false }
    }
}

/// Items, page by page. It replaces the SDK's paginator, whose stream is polled once more after the last page: the meter
/// would count that as a call.
pub(crate) struct Pages {
    meter: Arc<StoreMeter>,
    operation: &'static str,
    query: QueryFluentBuilder,
    resume_after: Option<Attributes>,
    is_over: bool,
}

impl Pages {
    /// The next page; `None` after the last page. An empty page can be followed by more pages.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Attributes>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let query = self.query.clone().set_exclusive_start_key(self.resume_after.take());
        let page = self.meter.time(query.send()).await;
        let page = page.map_err(|error| unavailable(self.operation, &error))?;
        self.resume_after = page.last_evaluated_key;
        self.is_over = self.resume_after.is_none();
        Ok(Some(page.items.unwrap_or_default()))
    }

    /// Reads all pages.
    fn all(mut self) -> Call<'static, Vec<Attributes>> {
        Box::pin(async move {
            let mut items = Vec::new();
            while let Some(page) = self.next().await? {
                items.extend(page);
            }
            Ok(items)
        })
    }
}

fn within(
    query: QueryFluentBuilder,
    [partition_key, sort_key]: [&str; 2],
    partition: String,
    prefix: &str,
) -> QueryFluentBuilder {
    let query = query.expression_attribute_values(":pk", text(partition));
    if prefix.is_empty() {
        return query.key_condition_expression(format!("{partition_key} = :pk"));
    }
    query
        .key_condition_expression(format!("{partition_key} = :pk AND begins_with({sort_key}, :prefix)"))
        .expression_attribute_values(":prefix", text(prefix))
}

/// Counts calls to the table and their durations, for the metrics `StoreCalls` and `StoreMs`.
#[derive(Debug, Default)]
pub struct StoreMeter {
    calls: AtomicU64,
    micros: AtomicU64,
}

impl StoreMeter {
    /// Returns the number of calls and the sum of their durations since the last `take`, and resets both. The durations of
    /// parallel calls are added.
    pub fn take(&self) -> (u64, Duration) {
        let calls = self.calls.swap(0, Ordering::Relaxed);
        (calls, Duration::from_micros(self.micros.swap(0, Ordering::Relaxed)))
    }

    pub(crate) async fn time<T>(&self, call: impl Future<Output = T>) -> T {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let begin = Instant::now();
        let answer = call.await;
        let micros = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        answer
    }
}
