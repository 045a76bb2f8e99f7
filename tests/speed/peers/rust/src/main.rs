//! A pre-token-generation trigger as samples write it: the tenant of the first membership, with the tenant's record cached.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

type Item = HashMap<String, AttributeValue>;

fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

async fn handler(
    client: &Client,
    table: &str,
    tenants: &Mutex<HashMap<String, Item>>,
    event: LambdaEvent<Value>,
) -> Result<Value, Error> {
    let mut event = event.payload;
    let pool = event["userPoolId"].as_str().unwrap_or_default();
    let sub = event["request"]["userAttributes"]["sub"].as_str().unwrap_or_default();
    let found = client
        .query()
        .table_name(table)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(format!("USER#{pool}#{sub}")))
        .consistent_read(true)
        .send()
        .await?;
    let member = found.items().iter().find(|item| text(item, "status") == "active").ok_or("no membership")?;
    let id = text(member, "tid");
    let cached = tenants.lock().unwrap().get(&id).cloned();
    let tenant = match cached {
        Some(tenant) => tenant,
        None => {
            let got = client
                .get_item()
                .table_name(table)
                .key("pk", AttributeValue::S(format!("TENANT#{id}")))
                .key("sk", AttributeValue::S("META".to_owned()))
                .consistent_read(true)
                .send()
                .await?;
            let tenant = got.item.ok_or("no tenant")?;
            tenants.lock().unwrap().insert(id.clone(), tenant.clone());
            tenant
        }
    };
    let roles: Vec<&String> = match member.get("roles") {
        Some(AttributeValue::L(roles)) => roles.iter().filter_map(|role| role.as_s().ok()).collect(),
        _ => Vec::new(),
    };
    tracing::info!(tenant = %id, "sign-in");
    let claims = json!({
        "tenant_id": id, "tenant_name": text(&tenant, "name"), "tenant_tier": text(&tenant, "tier"), "tenant_roles": roles,
    });
    event["response"]["claimsAndScopeOverrideDetails"] = json!({
        "idTokenGeneration": { "claimsToAddOrOverride": claims },
        "accessTokenGeneration": { "claimsToAddOrOverride": claims },
    });
    Ok(event)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let table = std::env::var("TENANCY_TABLE")?;
    let tenants = Mutex::default();
    run(service_fn(|event| handler(&client, &table, &tenants, event))).await
}
