//! The table itself, for local runs and for those who deploy without the template.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use tenancy::ports::{BoxError, StoreError};

use crate::store::unavailable;

/// Name of the sparse index that only operators read.
pub const INDEX: &str = "gsi1";

/// Creates the table `name`: string keys `pk` and `sk`, on demand, the index [`INDEX`], expiry by the attribute `ttl`.
///
/// # Errors
///
/// [`StoreError`] when DynamoDB refuses, such as because the table exists.
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
    let expiry = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
    let expiry = expiry.map_err(|error| built("define the table's expiry", error))?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(expiry)
        .send()
        .await
        .map_err(|error| unavailable("turn on the table's expiry", &error))?;
    Ok(())
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
