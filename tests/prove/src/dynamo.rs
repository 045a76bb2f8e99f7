//! A real DynamoDB engine in this process, asked in the words of its API.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use dynoxide::Database;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tests::dynamodb::{STALE, may_be_stale};

use crate::schedules::table::{Table, attributes, key, plain, text};
use crate::schedules::watch::Written;

pub(crate) const TABLE: &str = "tenancy";

#[derive(Clone)]
pub(crate) struct Dynamo {
    database: Database,
    /// The tokens of the transactions that were done.
    tokens: Arc<Mutex<BTreeSet<String>>>,
}

impl Dynamo {
    /// An engine with one table, as it is deployed, and these items.
    pub(crate) fn new(table: &Table) -> Result<Self, String> {
        let database = Database::memory().map_err(|error| error.to_string())?;
        let engine = Self { database, tokens: Arc::default() };
        let keys = |partition: &str, sort: &str| {
            json!([
                { "AttributeName": partition, "KeyType": "HASH" },
                { "AttributeName": sort, "KeyType": "RANGE" },
            ])
        };
        let names = ["pk", "sk", "gsi1pk", "gsi1sk"];
        engine.must(
            "CreateTable",
            &json!({
                "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("pk", "sk"),
                "AttributeDefinitions": names.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })),
                "GlobalSecondaryIndexes": [{
                    "IndexName": "gsi1", "KeySchema": keys("gsi1pk", "gsi1sk"), "Projection": { "ProjectionType": "ALL" },
                }],
            }),
        )?;
        let puts: Vec<Value> =
            table.values().map(|item| json!({ "PutRequest": { "Item": attributes(item) } })).collect();
        for puts in puts.chunks(25) {
            engine.must("BatchWriteItem", &json!({ "RequestItems": { TABLE: puts } }))?;
        }
        Ok(engine)
    }

    fn must(&self, operation: &str, body: &Value) -> Result<Value, String> {
        let (status, answer) = self.execute(operation, &body.to_string());
        if status != 200 {
            return Err(format!("{operation}: {answer}"));
        }
        serde_json::from_str(&answer).map_err(|error| error.to_string())
    }

    fn execute(&self, operation: &str, body: &str) -> (u16, String) {
        let database = &self.database;
        match operation {
            "GetItem" => answer(body, |request| database.get_item(request)),
            "Query" => answer(body, |request| database.query(request)),
            "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
            "Scan" => answer(body, |request| database.scan(request)),
            "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
            "CreateTable" => answer(body, |request| database.create_table(request)),
            _ => (400, format!("{{\"__type\":\"UnknownOperationException\",\"message\":\"{operation}\"}}")),
        }
    }

    /// Executes a request of the code under test, and tells which items it has written.
    pub(crate) fn serve(&self, operation: &str, body: &str) -> ((u16, String), Vec<Written>) {
        if may_be_stale(operation, &serde_json::from_str(body).unwrap_or_default()) {
            return ((400, STALE.to_owned()), Vec::new());
        }
        let answer = self.execute(operation, body);
        if operation != "TransactWriteItems" || answer.0 != 200 {
            return (answer, Vec::new());
        }
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if !tokens.insert(text(&body, "ClientRequestToken").to_owned()) {
            // It was done before, and its answer was lost. The engine did nothing.
            return (answer, Vec::new());
        }
        (answer, self.written(&body))
    }

    /// The items of a transaction as they are now.
    fn written(&self, body: &Value) -> Vec<Written> {
        let actions = body.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
        let keyed = actions.filter_map(|action| {
            let (_, action) = action.as_object()?.iter().find(|(kind, _)| *kind != "ConditionCheck")?;
            let item = plain(action.get("Item").or(action.get("Key"))?);
            Some(key(text(&item, "pk"), text(&item, "sk")))
        });
        keyed.map(|key| (key.clone(), self.item(&key))).collect()
    }

    fn item(&self, (pk, sk): &(String, String)) -> Option<Value> {
        let wanted = json!({ "TableName": TABLE, "Key": { "pk": { "S": pk }, "sk": { "S": sk } } });
        self.must("GetItem", &wanted).ok()?.get("Item").map(plain)
    }

    pub(crate) fn snapshot(&self) -> Result<Table, String> {
        let (mut table, mut from) = (Table::new(), Value::Null);
        loop {
            let mut request = json!({ "TableName": TABLE });
            if let (false, Some(members)) = (from.is_null(), request.as_object_mut()) {
                members.insert("ExclusiveStartKey".to_owned(), from);
            }
            let page = self.must("Scan", &request)?;
            for item in page.get("Items").and_then(Value::as_array).into_iter().flatten() {
                let item = plain(item);
                table.insert(key(text(&item, "pk"), text(&item, "sk")), item);
            }
            from = page.get("LastEvaluatedKey").cloned().unwrap_or_default();
            if from.is_null() {
                return Ok(table);
            }
        }
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> (u16, String) {
    let request = match serde_json::from_str(body) {
        Ok(request) => request,
        Err(error) => {
            return (
                400,
                json!({ "__type": "SerializationException", "message": error.to_string() }).to_string(),
            );
        }
    };
    match call(request).map(|answer| serde_json::to_string(&answer)) {
        Ok(Ok(answer)) => (200, answer),
        Ok(Err(error)) => (500, error.to_string()),
        Err(error) => (error.status_code(), error.to_json()),
    }
}
