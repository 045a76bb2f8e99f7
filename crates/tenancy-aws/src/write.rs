//! Writes, each as one `TransactWriteItems`: all of it or nothing. There is no write outside one, and the functions' roles
//! allow none.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use tenancy::ports::{Commit, StoreError};

use crate::call_error::unavailable;
use crate::item::Attributes;
use crate::key::Key;
use crate::read::{Call, TableClient};

/// The condition that there is no item under the key yet.
const IS_NEW: &str = "attribute_not_exists(pk)";

/// What a transaction does with one item, and under which condition.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    action: Action,
    condition: Option<String>,
    names: HashMap<String, String>,
    values: Attributes,
}

#[derive(Clone, Debug)]
enum Action {
    Put(Attributes),
    Update { key: Attributes, expression: String },
    Delete { key: Attributes },
    Check { key: Attributes },
}

impl Write {
    /// Writes the item, whatever there is under its key.
    pub(crate) fn put(item: Attributes) -> Self {
        Self::of(Action::Put(item))
    }

    /// Writes the item, if there is none under its key.
    pub(crate) fn create(item: Attributes) -> Self {
        Self::put(item).when(IS_NEW)
    }

    pub(crate) fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::of(Action::Update { key: key.into_attributes(), expression: expression.into() })
    }

    pub(crate) fn delete(key: Key) -> Self {
        Self::of(Action::Delete { key: key.into_attributes() })
    }

    /// Only looks whether the condition holds.
    pub(crate) fn check(key: Key) -> Self {
        Self::of(Action::Check { key: key.into_attributes() })
    }

    /// Only looks whether there is no item under `key`.
    pub(crate) fn check_none(key: Key) -> Self {
        Self::check(key).when(IS_NEW)
    }

    fn of(action: Action) -> Self {
        Self { action, condition: None, names: HashMap::new(), values: HashMap::new() }
    }

    pub(crate) fn when(self, condition: impl Into<String>) -> Self {
        Self { condition: Some(condition.into()), ..self }
    }

    /// `placeholder` stands for the attribute `name`, which may be a word of DynamoDB's own.
    pub(crate) fn name(mut self, placeholder: impl Into<String>, name: &str) -> Self {
        self.names.insert(placeholder.into(), name.to_owned());
        self
    }

    pub(crate) fn value(mut self, placeholder: impl Into<String>, value: AttributeValue) -> Self {
        self.values.insert(placeholder.into(), value);
        self
    }

    fn into_item(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        // DynamoDB takes no empty map.
        let names = (!self.names.is_empty()).then_some(self.names);
        let values = (!self.values.is_empty()).then_some(self.values);
        // The SDK's four builders have these methods in common, and no trait.
        macro_rules! conditional {
            ($builder:expr) => {
                $builder
                    .table_name(table)
                    .set_condition_expression(self.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?
            };
        }
        let item = TransactWriteItem::builder();
        Ok(match self.action {
            Action::Put(attributes) => item.put(conditional!(Put::builder().set_item(Some(attributes)))),
            Action::Update { key, expression } => {
                item.update(conditional!(Update::builder().set_key(Some(key)).update_expression(expression)))
            }
            Action::Delete { key } => item.delete(conditional!(Delete::builder().set_key(Some(key)))),
            Action::Check { key } => {
                item.condition_check(conditional!(ConditionCheck::builder().set_key(Some(key))))
            }
        }
        .build())
    }
}

/// How often a write that collides with others is sent.
const MAX_ATTEMPTS: u32 = 6;

/// Longest wait after the first collision; doubled after each, and each wait is a random part of it (full jitter).
const BASE_WAIT: Duration = Duration::from_millis(25);

/// Longest wait of all.
const MAX_WAIT: Duration = Duration::from_millis(400);

/// The waits between attempts of a write that collides with others.
struct Backoff {
    attempts: u32,
    longest: Duration,
}

impl Backoff {
    fn new() -> Self {
        Self { attempts: 1, longest: BASE_WAIT }
    }

    /// Waits before the next attempt; `false`: there have been enough.
    async fn wait(&mut self) -> bool {
        if self.attempts >= MAX_ATTEMPTS {
            return false;
        }
        self.attempts = self.attempts.saturating_add(1);
        tokio::time::sleep(self.longest.mul_f64(fastrand::f64())).await;
        self.longest = self.longest.saturating_mul(2).min(MAX_WAIT);
        true
    }
}

impl TableClient {
    /// Sends `writes` until they are done, outdated, or have collided too often.
    pub(crate) fn transact(
        &self,
        operation: &'static str,
        writes: impl IntoIterator<Item = Write>,
    ) -> Call<'_, Commit> {
        let items = writes.into_iter().map(|write| write.into_item(&self.name));
        let items: Result<Vec<TransactWriteItem>, BuildError> = items.collect();
        Box::pin(async move {
            let unbuilt = |error: BuildError| StoreError::Unavailable { operation, source: error.into() };
            self.send(operation, items.map_err(unbuilt)?).await
        })
    }

    async fn send(
        &self,
        operation: &'static str,
        items: Vec<TransactWriteItem>,
    ) -> Result<Commit, StoreError> {
        let mut backoff = Backoff::new();
        // One token for all attempts: an earlier one that was written after all, and whose answer was lost, counts as
        // done and not as somebody else's write (API reference, `ClientRequestToken`).
        let token = format!("{:032x}", fastrand::u128(..));
        loop {
            let call = self.client.transact_write_items().client_request_token(&token);
            let call = call.set_transact_items(Some(items.clone())).send();
            let Err(error) = self.meter.time(call).await else { return Ok(Commit::Done) };
            match collision(&error) {
                Some(Collision::Condition) => {
                    // Whoever was overtaken at the same moment is not to come back at the same moment.
                    tokio::time::sleep(BASE_WAIT.mul_f64(fastrand::f64())).await;
                    return Ok(Commit::Outdated);
                }
                Some(Collision::Passing) if backoff.wait().await => {}
                Some(Collision::Passing) | None => return Err(unavailable(operation, &error)),
            }
        }
    }
}

/// Why a transaction was cancelled, as far as it matters here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Collision {
    /// A condition no longer holds; the same transaction will never succeed.
    Condition,
    /// Another write of the same item was under way, or there was no capacity; the same transaction may succeed later.
    /// The SDK does not retry these, because it sees only that the transaction as a whole was cancelled.
    Passing,
}

/// Reads the cancellation reasons (API reference, `TransactWriteItems`). `None`: something else.
fn collision(error: &SdkError<TransactWriteItemsError>) -> Option<Collision> {
    let cancelled = match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled,
        TransactWriteItemsError::TransactionInProgressException(_) => return Some(Collision::Passing),
        _ => return None,
    };
    let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    let passing = ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"];
    if codes().any(|code| code == "ConditionalCheckFailed") {
        Some(Collision::Condition)
    } else if codes().any(|code| passing.contains(&code)) {
        Some(Collision::Passing)
    } else {
        None
    }
}
