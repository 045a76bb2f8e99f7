//! Creates and inspects the table. For local runs, and for deployments without the template.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::operation::update_continuous_backups::UpdateContinuousBackupsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, BillingModeSummary, GlobalSecondaryIndex, IndexStatus,
    KeySchemaElement, KeyType, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use tenancy::ports::{BoxError, StoreError};

use crate::call_error::{CallError, unavailable};

/// Most polls of a new table before a timeout. With [`BETWEEN_LOOKS`], this is one minute.
const MOST_LOOKS: u32 = 120;

/// The time between two polls.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Name of the sparse index for operators. Of the functions, only the router reads it, for the list of cells.
pub const INDEX: &str = "gsi1";

/// Creates the table `name` and waits up to one minute until it is active. The table has the string keys `pk` and `sk`,
/// on-demand capacity, the index [`INDEX`], and expiry by the attribute `ttl`.
///
/// # Errors
///
/// [`StoreError`] when a call fails, for example because the table exists.
pub async fn create(client: &Client, name: &str) -> Result<(), StoreError> {
    let definition = Definition::build().map_err(|error| built("define the table", error))?;
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definition.attributes))
        .set_key_schema(Some(definition.keys))
        .global_secondary_indexes(definition.index)
        .send()
        .await
        .map_err(|error| unavailable("create the table", &error))?;
    wait_until_active(client, name).await?;
    expire(client, name).await
}

/// Turns on the expiry of items by the attribute `ttl`.
///
/// # Errors
///
/// [`StoreError`] when the call fails.
pub async fn expire(client: &Client, name: &str) -> Result<(), StoreError> {
    let expiry = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
    let expiry = expiry.map_err(|error| built("define the table's expiry", error))?;
    let call = client.update_time_to_live().table_name(name).time_to_live_specification(expiry).send();
    call.await.map(|_| ()).map_err(|error| unavailable("turn on the table's expiry", &error))
}

/// Waits for a new table. At first, DynamoDB may say that it does not exist (API reference, `DescribeTable`).
async fn wait_until_active(client: &Client, name: &str) -> Result<(), StoreError> {
    let operation = "wait until the table is active";
    for _ in 0..MOST_LOOKS {
        match client.describe_table().table_name(name).send().await {
            Ok(described)
                if described.table().and_then(|table| table.table_status()) == Some(&TableStatus::Active) =>
            {
                return Ok(());
            }
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(unavailable(operation, &error)),
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Err(StoreError::Unavailable { operation, source: "timed out after a minute".into() })
}

/// Turns on deletion protection and point-in-time recovery. No local engine supports both in full. DynamoDB refuses
/// point-in-time recovery for a while after it created a table, so the call is retried for one minute.
///
/// # Errors
///
/// [`StoreError`] when one of the two fails; the other may be on.
pub async fn protect(client: &Client, name: &str) -> Result<(), StoreError> {
    let protection = client.update_table().table_name(name).deletion_protection_enabled(true).send().await;
    let protected = protection.map_err(|error| unavailable("turn on deletion protection", &error));
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let recovery = recovery.map_err(|error| built("define the table's recovery", error))?;
    for look in 1.. {
        let call = client.update_continuous_backups().table_name(name);
        match call.point_in_time_recovery_specification(recovery.clone()).send().await {
            Ok(_) => break,
            Err(error)
                if look < MOST_LOOKS
                    && error.as_service_error().is_some_and(
                        UpdateContinuousBackupsError::is_continuous_backups_unavailable_exception,
                    ) =>
            {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            Err(error) => return Err(unavailable("turn on point-in-time recovery", &error)),
        }
    }
    protected.map(|_| ())
}

/// The settings of a table. If a setting could not be read, its value is the reason.
#[expect(clippy::struct_excessive_bools, reason = "each is one setting of the table")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableState {
    pub is_active: bool,
    /// Whether its keys are the strings `pk` and `sk`.
    pub has_keys: bool,
    /// The index [`INDEX`]; `None` if it does not exist.
    pub index: Option<IndexState>,
    pub is_deletion_protected: bool,
    /// Whether its capacity is on demand, not provisioned.
    pub is_on_demand: bool,
    /// The number of items. DynamoDB updates it about every six hours.
    pub item_count: Option<i64>,
    /// Whether items expire by the attribute `ttl`.
    pub expires: Result<bool, String>,
    /// Whether point-in-time recovery is on.
    pub is_recoverable: Result<bool, String>,
}

/// The settings of the operators' index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IndexState {
    /// Whether it is active: DynamoDB has finished building it.
    pub is_active: bool,
    /// Whether its keys are the strings `gsi1pk` and `gsi1sk`.
    pub has_keys: bool,
    /// Whether it projects all attributes.
    pub holds_all: bool,
}

/// Reads the settings of the table `name`; `None` if it does not exist.
///
/// # Errors
///
/// [`StoreError`] when the table cannot be described.
pub async fn inspect(client: &Client, name: &str) -> Result<Option<TableState>, StoreError> {
    let described = match client.describe_table().table_name(name).send().await {
        Ok(described) => described,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(unavailable("describe the table", &error)),
    };
    let Some(table) = described.table() else { return Ok(None) };
    let strings: Vec<&str> = table
        .attribute_definitions()
        .iter()
        .filter(|definition| *definition.attribute_type() == ScalarAttributeType::S)
        .map(AttributeDefinition::attribute_name)
        .collect();
    let are_keys = |schema: &[KeySchemaElement], partition: &str, sort: &str| {
        let is = |name: &str, kind: &KeyType| {
            strings.contains(&name)
                && schema.iter().any(|key| key.attribute_name() == name && key.key_type() == kind)
        };
        schema.len() == 2 && is(partition, &KeyType::Hash) && is(sort, &KeyType::Range)
    };
    let index = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some(INDEX));
    let expiry = client.describe_time_to_live().table_name(name).send().await;
    let recovery = client.describe_continuous_backups().table_name(name).send().await;
    Ok(Some(TableState {
        is_active: table.table_status() == Some(&TableStatus::Active),
        has_keys: are_keys(table.key_schema(), "pk", "sk"),
        index: index.map(|index| IndexState {
            is_active: index.index_status().is_none_or(|status| *status == IndexStatus::Active),
            has_keys: are_keys(index.key_schema(), "gsi1pk", "gsi1sk"),
            holds_all: index.projection().and_then(Projection::projection_type) == Some(&ProjectionType::All),
        }),
        is_deletion_protected: table.deletion_protection_enabled() == Some(true),
        is_on_demand: table.billing_mode_summary().and_then(BillingModeSummary::billing_mode)
            == Some(&BillingMode::PayPerRequest),
        item_count: table.item_count(),
        expires: match expiry {
            Ok(answer) => Ok(answer.time_to_live_description().is_some_and(|expiry| {
                let is_on = [TimeToLiveStatus::Enabled, TimeToLiveStatus::Enabling];
                expiry.attribute_name() == Some("ttl")
                    && expiry.time_to_live_status().is_some_and(|status| is_on.contains(status))
            })),
            Err(error) => Err(CallError::of(&error).to_string()),
        },
        is_recoverable: match recovery {
            Ok(answer) => Ok(answer
                .continuous_backups_description()
                .and_then(|backups| backups.point_in_time_recovery_description())
                .and_then(|recovery| recovery.point_in_time_recovery_status())
                == Some(&PointInTimeRecoveryStatus::Enabled)),
            Err(error) => Err(CallError::of(&error).to_string()),
        },
    }))
}

fn is_missing(error: &SdkError<DescribeTableError>) -> bool {
    error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception)
}

struct Definition {
    attributes: Vec<AttributeDefinition>,
    keys: Vec<KeySchemaElement>,
    index: GlobalSecondaryIndex,
}

impl Definition {
    fn build() -> Result<Self, BuildError> {
        let attributes =
            ["pk", "sk", "gsi1pk", "gsi1sk"].into_iter().map(string).collect::<Result<_, _>>()?;
        let index = GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .set_key_schema(Some(keys("gsi1pk", "gsi1sk")?))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()?;
        Ok(Self { attributes, keys: keys("pk", "sk")?, index })
    }
}

fn string(name: &str) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
}

fn keys(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![key(partition, KeyType::Hash)?, key(sort, KeyType::Range)?])
}

fn built(operation: &'static str, error: BuildError) -> StoreError {
    StoreError::Unavailable { operation, source: BoxError::from(error) }
}
