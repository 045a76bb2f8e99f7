//! The role of a function: `infra/permissions.json`, which the deployment template is held against as well, enforced
//! between the function and the engines. No engine here knows IAM; this is as much of it as the list has. A read that may be
//! stale is refused as well.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use tests::dynamodb::{STALE, may_be_stale};
use tests::http::{Message, answer};

/// What one function is allowed, and where it is asked.
pub(crate) struct Role {
    /// Where the function finds DynamoDB.
    pub(crate) dynamodb: String,
    /// Where the function finds Cognito.
    pub(crate) cognito: String,
    permissions: Arc<Permissions>,
}

impl Role {
    /// Listens for `function` before both engines. A deployment serves one pool, so its role has the keys of that pool.
    pub(crate) async fn of(function: &str, pool: &str, dynamodb: &str, cognito: &str) -> Self {
        let permissions = Arc::new(Permissions::of(function, pool));
        Self {
            dynamodb: guard(dynamodb, "dynamodb", Arc::clone(&permissions)).await,
            cognito: guard(cognito, "cognito-idp", Arc::clone(&permissions)).await,
            permissions,
        }
    }

    /// Limits the role to another pool, as a deployment for that pool would.
    pub(crate) fn serve(&self, pool: &str) {
        pool.clone_into(&mut self.permissions.pool.lock().unwrap());
    }

    /// What of the list has been used, one entry for each action and key.
    pub(crate) fn used(&self) -> BTreeSet<String> {
        self.permissions.used.lock().unwrap().clone()
    }

    /// What of the list these engines are asked for.
    pub(crate) fn allowed(&self) -> BTreeSet<String> {
        let of_engines = |grant: &&Grant| {
            grant.action.starts_with("dynamodb:") || grant.action.starts_with("cognito-idp:")
        };
        self.permissions.grants.iter().filter(of_engines).flat_map(Grant::entries).collect()
    }
}

struct Permissions {
    function: String,
    grants: Vec<Grant>,
    /// What `{pool}` stands for.
    pool: Mutex<String>,
    used: Mutex<BTreeSet<String>>,
}

struct Grant {
    action: String,
    /// Patterns of the partition key, `{pool}` for the user pool; empty where there is none.
    keys: Vec<String>,
    /// The operation of which the action must be a part.
    inside: Option<String>,
    /// Whether it is for the table's index, and the keys are those of the index.
    is_of_index: bool,
}

/// An action that a request needs.
struct Needed {
    action: String,
    key: Option<String>,
    inside: Option<&'static str>,
    is_of_index: bool,
}

impl Permissions {
    fn of(function: &str, pool: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/permissions.json");
        let list: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let grants = list[function].as_array().expect("the function is on the list");
        let grants = grants.iter().map(|grant| Grant {
            action: text(&grant["action"]).expect("an action"),
            keys: grant["keys"].as_array().into_iter().flatten().filter_map(text).collect(),
            inside: text(&grant["inside"]),
            is_of_index: grant["on"] == "index",
        });
        let pool = Mutex::new(pool.to_owned());
        Self { function: function.to_owned(), grants: grants.collect(), pool, used: Mutex::default() }
    }

    /// Whether everything that a request needs is on the list.
    fn admit(&self, service: &str, request: &Message) -> bool {
        let needed = needed(service, &request.operation(), &request.body());
        let pool = self.pool.lock().unwrap().clone();
        needed.iter().all(|needed| {
            let entry = self.grants.iter().find_map(|grant| grant.admits(needed, &pool));
            if entry.is_none() {
                let key = needed.key.as_deref().unwrap_or_default();
                eprintln!("{} may not: {} {key} {:?}", self.function, needed.action, needed.inside);
            }
            self.used.lock().unwrap().extend(entry.clone());
            entry.is_some()
        })
    }
}

impl Grant {
    fn entries(&self) -> Vec<String> {
        if self.keys.is_empty() {
            return vec![self.action.clone()];
        }
        self.keys.iter().map(|key| format!("{} {key}", self.action)).collect()
    }

    /// The entry that admits `needed`.
    fn admits(&self, needed: &Needed, pool: &str) -> Option<String> {
        let asked_for = (&needed.action, needed.inside, needed.is_of_index);
        if (&self.action, self.inside.as_deref(), self.is_of_index) != asked_for {
            return None;
        }
        let Some(asked) = &needed.key else { return Some(self.action.clone()) };
        let key = self.keys.iter().find(|key| matches(&key.replace("{pool}", pool), asked))?;
        Some(format!("{} {key}", self.action))
    }
}

/// Whether a partition key is one of a pattern such as `USER#eu-west-1_EXAMPLE01#*`.
fn matches(pattern: &str, key: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == key, |begin| key.starts_with(begin))
}

/// The partition key of a request, or of a part of one.
fn partition(part: &Value) -> &str {
    part["Key"]["pk"]["S"].as_str().or(part["Item"]["pk"]["S"].as_str()).unwrap_or_default()
}

/// The actions of a request: those of the parts, for a transaction.
fn needed(service: &str, operation: &str, body: &Value) -> Vec<Needed> {
    let one = |action: &str, key: Option<&str>, inside| Needed {
        action: format!("{service}:{action}"),
        key: key.map(ToOwned::to_owned),
        inside,
        is_of_index: !body["IndexName"].is_null(),
    };
    match operation {
        "TransactWriteItems" => {
            let actions = [
                ("Put", "PutItem"),
                ("Update", "UpdateItem"),
                ("Delete", "DeleteItem"),
                ("ConditionCheck", "ConditionCheckItem"),
            ];
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            parts
                .flat_map(|part| actions.iter().map(move |(name, action)| (&part[*name], *action)))
                .filter(|(part, _)| !part.is_null())
                .map(|(part, action)| one(action, Some(partition(part)), Some("TransactWriteItems")))
                .collect()
        }
        "Query" => {
            // The functions name the partition `:pk`.
            vec![one(
                "Query",
                Some(body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default()),
                None,
            )]
        }
        _ if service == "dynamodb" => vec![one(operation, Some(partition(body)), None)],
        _ => vec![one(operation, None, None)],
    }
}

/// Listens before an engine, and lets through what is allowed.
async fn guard(engine: &str, service: &'static str, permissions: Arc<Permissions>) -> String {
    let engine = engine.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, engine.clone(), service, Arc::clone(&permissions)));
        }
    });
    url
}

/// Serves one connection, until either side ends it.
async fn serve(
    mut client: TcpStream,
    engine: String,
    service: &'static str,
    permissions: Arc<Permissions>,
) -> Option<()> {
    let mut engine = TcpStream::connect(engine).await.ok()?;
    loop {
        let request = Message::read(&mut client).await?;
        if may_be_stale(&request.operation(), &request.body()) {
            eprintln!("{}: {STALE}", permissions.function);
            client.write_all(answer(400, STALE).as_bytes()).await.ok()?;
        } else if permissions.admit(service, &request) {
            engine.write_all(&request.bytes).await.ok()?;
            client.write_all(&Message::read(&mut engine).await?.bytes).await.ok()?;
        } else {
            let refusal = json!({ "__type": "AccessDeniedException", "message": "not on the list" });
            client.write_all(answer(400, &refusal.to_string()).as_bytes()).await.ok()?;
        }
    }
}
