//! The real adapter on a real DynamoDB engine in this process. Between the two is no network: the SDK's HTTP client hands each
//! request to the engine when its turn has come, unless a fault is planted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::json;
use tenancy_aws::operator::Operator;
use tenancy_aws::{AwsClients, AwsSettings, DynamoStore};

use super::backend::{Backend, Operation, act};
use super::schedule::{Act, BEGIN};
use super::table::Table;
use super::turns::{FaultKind, Spoilt, Turns};
use super::watch::Watch;
use crate::dynamo::{Dynamo, TABLE};

/// The engine, and who looks at its writes.
#[derive(Clone)]
struct Engine {
    dynamo: Dynamo,
    watch: Arc<Mutex<Watch>>,
    turns: Turns,
}

/// The configuration of the functions' client. It has a pool of connections, which nothing here uses: so it is made once.
pub(crate) fn config() -> Result<aws_sdk_dynamodb::Config, String> {
    let settings = AwsSettings::read(|name| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("proof".to_owned()),
        _ => None,
    });
    let settings = settings.map_err(|faults| faults.join(", "))?;
    Ok(AwsClients::new(settings).dynamodb().config().clone())
}

/// The adapter, as all calls of a schedule use it: the configuration of the functions, and the engine as the network.
#[derive(Clone)]
pub(crate) struct Adapter {
    engine: Engine,
    client: Client,
}

impl Adapter {
    pub(crate) fn new(
        table: &Table,
        watch: Arc<Mutex<Watch>>,
        turns: Turns,
        config: &aws_sdk_dynamodb::Config,
    ) -> Result<Self, String> {
        let engine = Engine { dynamo: Dynamo::new(table)?, watch, turns };
        let wire = SharedHttpConnector::new(Wire { engine: engine.clone() });
        let timer = Timer { turns: engine.turns.clone() };
        let partition = RetryPartition::custom("proof").token_bucket(TokenBucket::unlimited()).build();
        let mut config = config.to_builder();
        // Timeouts are planted, so that they do not depend on how fast the machine is.
        config.set_timeout_config(Some(TimeoutConfig::disabled()));
        config.set_retry_partition(Some(partition));
        let config = config.sleep_impl(timer).http_client(http_client_fn(move |_, _| wire.clone()));
        Ok(Self { engine, client: Client::from_conf(config.build()) })
    }
}

impl Engine {
    /// Executes a request of a call. What it writes is looked at.
    fn serve(&self, operation: &str, body: &str) -> (u16, String) {
        let (answer, written) = self.dynamo.serve(operation, body);
        if !written.is_empty() {
            let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
            watch.wrote(written);
        }
        answer
    }
}

impl Backend for Adapter {
    type Store = DynamoStore;

    fn store(&self) -> DynamoStore {
        DynamoStore::new(self.client.clone(), TABLE.to_owned())
    }

    fn act(&self, change: &Act, at: u64) -> Operation {
        let operator = Operator::new(self.client.clone(), TABLE.to_owned(), "ops".to_owned());
        let change = change.clone();
        Box::pin(async move { act(&operator, &change, BEGIN + at).await })
    }

    fn snapshot(&self) -> Result<Table, String> {
        self.engine.dynamo.snapshot()
    }
}

/// The SDK's HTTP client.
#[derive(Clone)]
struct Wire {
    engine: Engine,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let engine = self.engine.clone();
        HttpConnectorFuture::new(async move {
            let name = named(&operation, &body);
            let served = engine.turns.request(&name, || engine.serve(&operation, &body)).await;
            let (status, text) = match served {
                Ok(answer) => answer,
                Err(Spoilt::Refused(kind)) => refusal(kind, &operation),
                Err(Spoilt::Lost) => return Err(ConnectorError::timeout("the answer was lost".into())),
            };
            let status = status.try_into().map_err(|_| ConnectorError::user("no status".into()))?;
            Ok(HttpResponse::new(status, SdkBody::from(text)))
        })
    }
}

/// The operation, and the kind of item that it is about.
fn named(operation: &str, body: &str) -> String {
    if operation == "TransactWriteItems" {
        return operation.to_owned();
    }
    let kinds = ["USE#", "USER#", "INVITE#", "EMAIL#", "TENANT#", "CLIENT#", "IDP#", "CELL#"];
    let kind = kinds.iter().find(|kind| body.contains(&format!("\"S\":\"{kind}")));
    format!("{operation} {}", kind.unwrap_or(&"").trim_end_matches('#'))
}

fn refusal(kind: FaultKind, operation: &str) -> (u16, String) {
    let (status, code) = match (kind, operation) {
        (FaultKind::Internal, _) => (500, "InternalServerError"),
        (FaultKind::Conflict, "TransactWriteItems") => (400, "TransactionCanceledException"),
        _ => (400, "ProvisionedThroughputExceededException"),
    };
    let body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "planted",
        "CancellationReasons": [{ "Code": "TransactionConflict" }, { "Code": "None" }],
    });
    (status, body.to_string())
}

/// The SDK's timer: a wait is over when the call's turn has come.
#[derive(Debug)]
struct Timer {
    turns: Turns,
}

impl AsyncSleep for Timer {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(self.turns.turn())
    }
}
