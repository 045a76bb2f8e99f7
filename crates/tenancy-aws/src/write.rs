//! Writes. Each is one `TransactWriteItems` call, so DynamoDB applies all of it or nothing. The functions' roles allow no
//! write outside a transaction.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use tenancy::ports::{Commit, StoreError};

use crate::call_error::unavailable;
use crate::client::wait;
use crate::item::Attributes;
use crate::key::Key;
use crate::read::{Call, TableClient};

/// The condition that no item exists under the key.
const IS_NEW: &str = "attribute_not_exists(pk)";

/// What a transaction does to one item, and its condition.
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
    /// Writes the item and replaces any item under its key.
    pub(crate) fn put(item: Attributes) -> Self {
        Self::of(Action::Put(item))
    }

    /// Writes the item on the condition that no item exists under its key.
    pub(crate) fn create(item: Attributes) -> Self {
        Self::put(item).when(IS_NEW)
    }

    pub(crate) fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::of(Action::Update { key: key.into_attributes(), expression: expression.into() })
    }

    pub(crate) fn delete(key: Key) -> Self {
        Self::of(Action::Delete { key: key.into_attributes() })
    }

    /// Writes nothing, and makes the transaction fail if the condition does not hold.
    pub(crate) fn check(key: Key) -> Self {
        Self::of(Action::Check { key: key.into_attributes() })
    }

    /// Writes nothing, and makes the transaction fail if an item exists under `key`.
    pub(crate) fn check_none(key: Key) -> Self {
        Self::check(key).when(IS_NEW)
    }

    fn of(action: Action) -> Self {
        Self { action, condition: None, names: HashMap::new(), values: HashMap::new() }
    }

    pub(crate) fn when(self, condition: impl Into<String>) -> Self {
        Self { condition: Some(condition.into()), ..self }
    }

    /// Adds to the condition.
    pub(crate) fn and_when(self, more: &str) -> Self {
        let condition = self.condition.map_or_else(|| more.to_owned(), |given| format!("{given} AND {more}"));
        Self { condition: Some(condition), ..self }
    }

    /// Lets `placeholder` stand for the attribute `name`, which may be a reserved word of DynamoDB.
    pub(crate) fn name(mut self, placeholder: impl Into<String>, name: &str) -> Self {
        self.names.insert(placeholder.into(), name.to_owned());
        self
    }

    pub(crate) fn value(mut self, placeholder: impl Into<String>, value: AttributeValue) -> Self {
        self.values.insert(placeholder.into(), value);
        self
    }

    /// The key of the item and the condition, with the names and values for the placeholders.
    #[cfg(test)]
    pub(crate) fn required(&self) -> String {
        let keys = match &self.action {
            Action::Put(item) => item,
            Action::Update { key, .. } | Action::Delete { key } | Action::Check { key } => key,
        };
        let text = |value: &AttributeValue| match value {
            AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
            AttributeValue::Bool(flag) => flag.to_string(),
            other => format!("{other:?}"),
        };
        let mut condition = self.condition.clone().unwrap_or_else(|| "-".to_owned());
        for (placeholder, name) in &self.names {
            condition = condition.replace(placeholder, name);
        }
        let mut values: Vec<_> = self.values.iter().collect();
        // The longer one first, because it may begin with the shorter one.
        values.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
        for (placeholder, value) in values {
            condition = condition.replace(placeholder, &text(value));
        }
        format!("{}/{}: {condition}", text(&keys["pk"]), text(&keys["sk"]))
    }

    fn into_item(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        // DynamoDB rejects an empty map.
        let names = (!self.names.is_empty()).then_some(self.names);
        let values = (!self.values.is_empty()).then_some(self.values);
        // The SDK's four builders share these methods, but no trait.
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

/// Attempts of one write that conflicts with other writes.
const MAX_ATTEMPTS: u32 = 6;

/// Longest wait after the first conflict. It doubles after each conflict; the wait is a random part of it (full jitter).
const BASE_WAIT: Duration = Duration::from_millis(25);

/// Upper limit of the doubled wait.
const MAX_WAIT: Duration = Duration::from_millis(400);

/// The waits between the attempts of a write that conflicts with other writes.
struct Backoff {
    attempts: u32,
    longest: Duration,
}

impl Backoff {
    fn new() -> Self {
        Self { attempts: 1, longest: BASE_WAIT }
    }

    /// Waits before the next attempt. `false`: no attempts are left.
    async fn wait(&mut self, client: &Client) -> bool {
        if self.attempts >= MAX_ATTEMPTS {
            return false;
        }
        self.attempts = self.attempts.saturating_add(1);
        wait(client, self.longest).await;
        self.longest = self.longest.saturating_mul(2).min(MAX_WAIT);
        true
    }
}

impl TableClient {
    /// Sends `writes` as one transaction. Retries it when it conflicts with other writes, up to [`MAX_ATTEMPTS`] attempts.
    /// Returns [`Commit::Outdated`] if a condition does not hold.
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
        // All attempts share one token. If an earlier attempt succeeded but its answer was lost, DynamoDB reports success
        // for the retry and not a conflict (API reference, `ClientRequestToken`).
        let token = format!("{:032x}", fastrand::u128(..));
        loop {
            let call = self.client.transact_write_items().client_request_token(&token);
            let call = call.set_transact_items(Some(items.clone())).send();
            let Err(error) = self.meter.time(call).await else { return Ok(Commit::Done) };
            match collision(&error) {
                Some(Collision::Condition) => {
                    // The wait spreads the retries of callers that failed at the same moment.
                    wait(&self.client, BASE_WAIT).await;
                    return Ok(Commit::Outdated);
                }
                Some(Collision::Passing) if backoff.wait(&self.client).await => {}
                Some(Collision::Passing) | None => return Err(unavailable(operation, &error)),
            }
        }
    }
}

/// Why a transaction was cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Collision {
    /// A condition no longer holds. A retry cannot help: the caller must read again.
    Condition,
    /// Another write of the same item was in progress, or the capacity was exceeded. A retry may succeed. The SDK does not
    /// retry these cases, because it sees only that the transaction was cancelled.
    Passing,
}

/// Reads the cancellation reasons (API reference, `TransactWriteItems`). `None`: a different error.
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
