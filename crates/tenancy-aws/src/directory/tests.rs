use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value, json};
use tenancy::Timestamp;

use super::*;
use crate::cache::tests::{now, seconds};
use crate::item::Attributes;

/// A table that has the same item under every key, or none, or does not answer.
#[derive(Clone, Debug, Default)]
struct Table(Arc<Mutex<Option<Value>>>);

impl Table {
    fn holds(&self, item: &Attributes) {
        let item: Map<_, _> = item.iter().map(|(name, value)| (name.clone(), wire(value))).collect();
        *lock(&self.0) = Some(json!({ "Item": item }));
    }

    fn leads_to(&self, tenant: &str) {
        self.holds(&slug::encode(&"acme".parse().unwrap(), &tenant.parse().unwrap()));
    }

    fn is_empty(&self) {
        *lock(&self.0) = Some(json!({}));
    }

    fn is_damaged(&self) {
        self.holds(&Attributes::new());
    }

    fn fails(&self) {
        *lock(&self.0) = None;
    }
}

fn wire(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        other => panic!("{other:?}"),
    }
}

impl HttpClient for Table {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Table {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let body = lock(&self.0).as_ref().map(|answer| SdkBody::from(answer.to_string()));
        let answer = body.map(|body| HttpResponse::new(200.try_into().unwrap(), body));
        HttpConnectorFuture::ready(answer.ok_or_else(|| ConnectorError::io("no route".into())))
    }
}

fn cached(fresh_seconds: u64, stale_seconds: u64) -> (Table, CachedDirectory) {
    let table = Table::default();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("k", "s", None, None, "test"))
        .http_client(table.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let store = DynamoStore::new(aws_sdk_dynamodb::Client::from_conf(config.build()), "tenancy".to_owned());
    let settings = CacheSettings {
        fresh_for: Duration::from_secs(fresh_seconds),
        stale_for: Duration::from_secs(stale_seconds),
    };
    (table, CachedDirectory::new(store, settings, now))
}

/// The tenant to which the slug leads, or why it leads to none.
async fn tenant(directory: &CachedDirectory) -> String {
    match directory.slug(&"acme".parse().unwrap()).await {
        Ok(Some(tenant)) => tenant.to_string(),
        Ok(None) => "none".to_owned(),
        Err(StoreError::Unavailable { .. }) => "unavailable".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_route_outlives_an_outage_for_its_time_and_no_longer() {
    let (table, directory) = cached(30, 600);
    table.leads_to("acme");
    tenant(&directory).await;
    table.fails();

    seconds(629);
    assert_eq!(tenant(&directory).await, "acme");
    assert_eq!(directory.meter.take().stale, 1);
    seconds(1);
    assert_eq!(tenant(&directory).await, "unavailable");
}

#[tokio::test]
async fn in_an_outage_the_table_is_read_again_every_five_seconds() {
    let (table, directory) = cached(30, 600);
    table.leads_to("acme");
    tenant(&directory).await;
    seconds(30);
    table.fails();
    tenant(&directory).await;
    table.leads_to("globex");

    seconds(3);
    assert_eq!(tenant(&directory).await, "acme", "jitter shortens the wait by a fifth at most");
    seconds(2);
    assert_eq!(tenant(&directory).await, "globex");
}

#[tokio::test]
async fn once_a_read_succeeds_the_outage_is_over() {
    let (table, directory) = cached(1, 600);
    table.fails();
    assert_eq!(tenant(&directory).await, "unavailable");
    table.leads_to("acme");
    assert_eq!(tenant(&directory).await, "acme");
    table.leads_to("globex");

    seconds(1);

    assert_eq!(tenant(&directory).await, "globex", "five seconds have not passed since the outage");
}

#[tokio::test]
async fn a_new_slug_and_a_new_mail_domain_are_found_in_five_seconds() {
    let (table, directory) = cached(3_600, 600);
    let domain: MailDomain = "acme.com".parse().unwrap();
    table.is_empty();
    assert_eq!(tenant(&directory).await, "none");
    assert_eq!(directory.mail_domain(&domain).await.unwrap(), None);
    let route = MailRoute { tenant: "acme".parse().unwrap(), is_routed: true };

    seconds(5);

    table.leads_to("acme");
    assert_eq!(tenant(&directory).await, "acme");
    table.holds(&domain::encode(&domain, &route, Timestamp::default()));
    assert_eq!(directory.mail_domain(&domain).await.unwrap(), Some(route));
}

#[tokio::test]
async fn a_route_that_is_damaged_is_not_served_from_the_cache_in_a_later_outage() {
    let (table, directory) = cached(30, 600);
    table.leads_to("acme");
    tenant(&directory).await;
    table.is_damaged();
    seconds(30);
    assert!(tenant(&directory).await.contains("`et` is missing"));

    table.fails();

    assert_eq!(tenant(&directory).await, "unavailable");
}
