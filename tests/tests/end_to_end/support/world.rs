//! A table, and the functions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use dev_stack::functions::AUTHORIZER;
use dev_stack::{DevStack, FunctionBinaries, FunctionSpec, Invocation, StackOptions};
use serde_json::Value;
use tenancy_aws::{AwsClients, AwsSettings};

use super::POOL;
use super::items::{attributes, json_of};
use super::role::Role;

/// The name of every test's table.
const TABLE: &str = "tenancy";

/// A table on a DynamoDB engine of its own; the functions, real binaries that use it; and a local Cognito.
pub(crate) struct World {
    /// The local stack.
    pub(crate) stack: DevStack,
    /// A client of the table.
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    /// A client of Cognito.
    pub(crate) cognito: aws_sdk_cognitoidentityprovider::Client,
    /// What each function may do, enforced.
    pub(crate) roles: BTreeMap<&'static str, Role>,
}

impl World {
    /// An empty table, and the functions with their default settings.
    pub(crate) async fn start() -> Self {
        Self::with_settings(&[]).await
    }

    /// The same, with some settings of the functions set.
    pub(crate) async fn with_settings(settings: &[(&str, &str)]) -> Self {
        let options = StackOptions { trigger_timeout: Duration::from_secs(20), ..StackOptions::default() };
        let stack = DevStack::start(options).await.unwrap();
        let clients = AwsClients::new(aws_settings(&stack));
        // The functions' limits of time are not those of the tests: a busy machine may need longer to read a whole table,
        // and a second attempt to confirm a user would be refused.
        let patient = clients.dynamodb().config().to_builder().timeout_config(TimeoutConfig::disabled());
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(patient.build());
        let patient = clients.cognito().config().to_builder().timeout_config(TimeoutConfig::disabled());
        let cognito = aws_sdk_cognitoidentityprovider::Client::from_conf(patient.build());
        tenancy_aws::table::create(&dynamodb, TABLE).await.unwrap();
        let endpoints = stack.endpoints();
        let mut roles = BTreeMap::new();
        for function in dev_stack::functions::ALL {
            roles.insert(function, Role::of(function, POOL, &endpoints.dynamodb, &endpoints.cognito).await);
        }
        let world = Self { stack, dynamodb, cognito, roles };
        world.configure(settings).await;
        world
    }

    /// Starts the functions anew with these settings.
    pub(crate) async fn configure(&self, settings: &[(&str, &str)]) {
        let binaries = FunctionBinaries::built_once().await.unwrap();
        for (name, program) in binaries.programs() {
            let mut spec = FunctionSpec::new(name, program);
            spec.env = self.environment(name, settings);
            spec.timeout = timeout(settings);
            self.stack.lambda().add_function(spec);
        }
    }

    fn environment(&self, function: &str, settings: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut environment = self.stack.endpoints().environment();
        let Role { dynamodb, cognito, .. } = &self.roles[function];
        environment.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), dynamodb.clone());
        // The authorizer calls nothing of Cognito. For it the endpoint is the issuer of the tokens.
        if function != AUTHORIZER {
            environment.insert("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER".to_owned(), cognito.clone());
        }
        environment.insert("TENANCY_TABLE".to_owned(), TABLE.to_owned());
        // Most tests change a tenant and look at the next token; those of the cache turn it on.
        environment.insert("TENANT_CACHE_SECONDS".to_owned(), "0".to_owned());
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        environment
    }

    /// The operator, in this process.
    pub(crate) fn operator(&self) -> tenancy_aws::operator::Operator {
        tenancy_aws::operator::Operator::new(self.dynamodb.clone(), TABLE.to_owned(), "ops".to_owned())
    }

    /// Writes an item as it is.
    pub(crate) async fn put(&self, item: Value) {
        self.put_attributes(attributes(&item)).await;
    }

    /// Writes many items, 10 a call.
    pub(crate) async fn put_all(&self, items: impl IntoIterator<Item = Value>) {
        let put = |item: Value| {
            let put = PutRequest::builder().set_item(Some(attributes(&item))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let writes: Vec<WriteRequest> = items.into_iter().map(put).collect();
        for some in writes.chunks(10) {
            self.dynamodb.batch_write_item().request_items(TABLE, some.to_vec()).send().await.unwrap();
        }
    }

    /// Writes an item of any types.
    pub(crate) async fn put_attributes(&self, item: std::collections::HashMap<String, AttributeValue>) {
        self.dynamodb.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    /// The item under a key.
    pub(crate) async fn item(&self, pk: &str, sk: &str) -> Option<Value> {
        let key = [("pk", pk), ("sk", sk)];
        let key = key.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
        let read = self.dynamodb.get_item().table_name(TABLE).set_key(Some(key.collect()));
        read.consistent_read(true).send().await.unwrap().item.map(|item| json_of(&item))
    }

    /// Takes away the item under a key.
    pub(crate) async fn delete(&self, pk: &str, sk: &str) {
        let key = [("pk", pk), ("sk", sk)];
        let key = key.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
        self.dynamodb.delete_item().table_name(TABLE).set_key(Some(key.collect())).send().await.unwrap();
    }

    /// Every item, by its key `pk / sk`.
    pub(crate) async fn items(&self) -> BTreeMap<String, Value> {
        let pages = self.dynamodb.scan().table_name(TABLE).into_paginator().items().send();
        let all = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        let key = |item: &Value| format!("{} / {}", text(item, "pk"), text(item, "sk"));
        all.iter().map(json_of).map(|item| (key(&item), item)).collect()
    }

    /// How many items' `pk / sk` begin and contain what is given.
    pub(crate) async fn count(&self, begin: &str, part: &str) -> usize {
        self.items().await.keys().filter(|key| key.starts_with(begin) && key.contains(part)).count()
    }

    /// Sends an event to a function as Lambda would.
    pub(crate) async fn invoke(&self, function: &str, event: impl AsRef<[u8]>) -> Invocation {
        self.stack.lambda().invoke(function, event.as_ref().to_vec()).await.unwrap()
    }

    /// Sends an event, again if the machine was too busy for the functions' limits of time.
    pub(crate) async fn invoke_patiently(&self, function: &str, event: impl AsRef<[u8]>) -> Invocation {
        for _ in 0..20 {
            match self.invoke(function, event.as_ref()).await {
                Invocation::FunctionError(error)
                    if error.error_type.eq_ignore_ascii_case("unavailable")
                        && self.has_timed_out(function).await => {}
                Invocation::TimedOut(_) => {}
                outcome => return outcome,
            }
        }
        panic!("{function} has no time: {:?}", self.stack.lambda().logs(function));
    }

    /// Whether a function has reported that its time, or that of a call of AWS, was up.
    async fn has_timed_out(&self, function: &str) -> bool {
        for _ in 0..200 {
            let reports = self.reports(function, 0).await;
            let cause =
                |report: &Value| report["cause"].as_str().is_some_and(|cause| cause.contains("timed out"));
            if reports.iter().any(|report| cause(report) || report["reason"] == "timeout") {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    /// Sends an event that must be answered, and gives the answer.
    pub(crate) async fn answer(&self, function: &str, event: impl AsRef<[u8]>) -> String {
        match self.invoke_patiently(function, event).await {
            Invocation::Ok(reply) => String::from_utf8(reply.to_vec()).unwrap(),
            failed => panic!("no answer: {failed:?}"),
        }
    }

    /// Sends an event that must be refused, and gives the Lambda error's type and message.
    pub(crate) async fn refusal(&self, function: &str, event: impl AsRef<[u8]>) -> (String, String) {
        match self.invoke(function, event).await {
            Invocation::FunctionError(error) => (error.error_type, error.error_message),
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The report lines (metrics) of a function so far. They are printed before the answer, and arrive soon after it.
    pub(crate) async fn reports(&self, function: &str, at_least: usize) -> Vec<Value> {
        for _ in 0..200 {
            let lines = self.stack.lambda().logs(function).unwrap();
            let reports: Vec<Value> = lines
                .iter()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter(|line| line.get("_aws").is_some())
                .collect();
            if reports.len() >= at_least {
                return reports;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{function} printed fewer than {at_least} reports: {:?}", self.stack.lambda().logs(function));
    }
}

/// How long Lambda lets a function run: long enough for a busy machine, or what a test asks for.
fn timeout(settings: &[(&str, &str)]) -> Duration {
    let asked = settings.iter().rfind(|(name, _)| *name == "TEST_TIMEOUT_MS");
    Duration::from_millis(asked.map_or(20_000, |(_, milliseconds)| milliseconds.parse().unwrap()))
}

/// The bytes of a recorded event.
pub(crate) fn fixture(folder: &str, case: &str) -> Vec<u8> {
    std::fs::read(fixtures_folder().join(folder).join(case))
        .unwrap_or_else(|error| panic!("{folder}/{case}: {error}"))
}

/// The file names of all recorded events of a folder, in order.
pub(crate) fn fixtures(folder: &str) -> Vec<String> {
    let files = std::fs::read_dir(fixtures_folder().join(folder)).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn fixtures_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn aws_settings(stack: &DevStack) -> AwsSettings {
    let endpoints = stack.endpoints().environment();
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        other => endpoints.get(other).cloned(),
    };
    AwsSettings::read(lookup).unwrap()
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}
