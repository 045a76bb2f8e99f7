//! A fake: a server of the few operations that the tool calls, which does to one pool what a test tells it to. It is no
//! Cognito; what Cognito does is played by the local stack.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One pool, and what has been called.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) pool: Value,
    pub(super) mfa: Value,
    /// The description in a text of one's own, until the pool is updated.
    pub(super) pool_text: Option<String>,
    /// Operation and body, the newest last.
    pub(super) calls: Vec<(String, Value)>,
    /// The bodies as they came.
    texts: Vec<String>,
}

/// What a test does at a call: before it is answered, with how many there were of its kind before. An error (code,
/// message) is the answer, with the status 400 unless the code begins with another one, as in `500 InternalErrorException`.
type Twist = dyn FnMut(&str, usize, &mut World) -> Result<(), (String, String)> + Send;

/// The running server.
pub(super) struct Fake {
    pub(super) url: String,
    world: Arc<Mutex<World>>,
}

/// Members that an update takes, by what they are called in the description.
const UPDATABLE: &[&str] = &[
    "Name",
    "Policies",
    "DeletionProtection",
    "LambdaConfig",
    "AutoVerifiedAttributes",
    "SmsVerificationMessage",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "VerificationMessageTemplate",
    "SmsAuthenticationMessage",
    "UserAttributeUpdateSettings",
    "MfaConfiguration",
    "DeviceConfiguration",
    "EmailConfiguration",
    "SmsConfiguration",
    "UserPoolTags",
    "AdminCreateUserConfig",
    "UserPoolAddOns",
    "AccountRecoverySetting",
    "UserPoolTier",
    "KeyConfiguration",
    "IssuerConfiguration",
    "AcrConfiguration",
];

impl Fake {
    /// With one pool and its MFA configuration.
    pub(super) async fn start<F>(pool: Value, mfa: Value, twist: F) -> Self
    where
        F: FnMut(&str, usize, &mut World) -> Result<(), (String, String)> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World { pool, mfa, ..World::default() }));
        let shared = Arc::clone(&world);
        let mut twist: Box<Twist> = Box::new(twist);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Some((stream, operation, text)) = read(stream).await else { continue };
                let body = serde_json::from_str(&text).unwrap_or_default();
                shared.lock().unwrap().texts.push(text);
                let (status, answer) = answer(&operation, &body, &shared, &mut twist);
                write(stream, status, &answer).await;
            }
        });
        Self { url, world }
    }

    /// The pool now.
    pub(super) fn pool(&self) -> Value {
        self.world.lock().unwrap().pool.clone()
    }

    /// The MFA configuration now.
    pub(super) fn mfa(&self) -> Value {
        self.world.lock().unwrap().mfa.clone()
    }

    /// The names of what was called, in order.
    pub(super) fn called(&self) -> Vec<String> {
        self.world.lock().unwrap().calls.iter().map(|(operation, _)| operation.clone()).collect()
    }

    /// Changes the pool past the tool.
    pub(super) fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.world.lock().unwrap());
    }

    /// The text of each member that the last call of an operation had.
    pub(super) fn sent_texts(&self, operation: &str) -> BTreeMap<String, String> {
        let world = self.world.lock().unwrap();
        let at = world.calls.iter().rposition(|(called, _)| called == operation);
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_str(&world.texts[at.expect("it was called")]).unwrap();
        members.into_iter().map(|(name, text)| (name, text.get().to_owned())).collect()
    }

    /// The body of the last call of an operation.
    pub(super) fn sent(&self, operation: &str) -> Value {
        let world = self.world.lock().unwrap();
        let found = world.calls.iter().rev().find(|(called, _)| called == operation);
        found.unwrap_or_else(|| panic!("{operation} was not called")).1.clone()
    }
}

fn answer(operation: &str, body: &Value, world: &Mutex<World>, twist: &mut Twist) -> (u16, String) {
    let (status, answer) = answer_of(operation, body, world, twist);
    let text = world.lock().unwrap().pool_text.clone();
    match text {
        Some(text) if operation == "DescribeUserPool" && status == 200 => {
            (status, format!(r#"{{ "UserPool" : {text} }}"#))
        }
        _ => (status, answer.to_string()),
    }
}

fn answer_of(operation: &str, body: &Value, world: &Mutex<World>, twist: &mut Twist) -> (u16, Value) {
    let mut world = world.lock().unwrap();
    let before = world.calls.iter().filter(|(called, _)| called == operation).count();
    world.calls.push((operation.to_owned(), body.clone()));
    if let Err((code, message)) = twist(operation, before, &mut world) {
        let (status, code) = code.split_once(' ').unwrap_or(("400", &code));
        return (status.parse().unwrap(), json!({ "__type": code, "message": message }));
    }
    match operation {
        "DescribeUserPool" => (200, json!({ "UserPool": world.pool })),
        "GetUserPoolMfaConfig" => (200, world.mfa.clone()),
        "SetUserPoolMfaConfig" => {
            let mut set = body.as_object().unwrap().clone();
            set.remove("UserPoolId");
            world.mfa = Value::Object(set);
            (200, json!({}))
        }
        "UpdateUserPool" => {
            world.pool_text = None;
            update(world.pool.as_object_mut().unwrap(), body);
            (200, json!({}))
        }
        _ => (400, json!({ "__type": "UnknownOperationException", "message": "no such operation" })),
    }
}

impl World {
    /// Does the update that was called last, before it is answered with an error.
    pub(super) fn update(&mut self) {
        let body = self.calls.last().unwrap().1.clone();
        update(self.pool.as_object_mut().unwrap(), &body);
    }
}

/// What is not sent is gone; of what no SDK knows it is kept. In the configuration of dynamic client registration what is
/// missing is open.
fn update(pool: &mut Map<String, Value>, body: &Value) {
    for name in UPDATABLE {
        let sent = if *name == "Name" { "PoolName" } else { name };
        match body.get(sent) {
            Some(value) => pool.insert((*name).to_owned(), value.clone()),
            None => pool.remove(*name),
        };
    }
    for (name, value) in body.as_object().unwrap() {
        if !UPDATABLE.contains(&name.as_str()) && !matches!(name.as_str(), "UserPoolId" | "PoolName") {
            pool.insert(name.clone(), value.clone());
        }
    }
    if let Some(Value::Object(registration)) = pool.get_mut("DcrConfiguration") {
        registration.entry("OpenDcrGrantTypes").or_insert_with(|| json!(["authorization_code"]));
    }
    pool.insert("LastModifiedDate".to_owned(), json!(1_800_000_000));
}

async fn read(mut stream: TcpStream) -> Option<(TcpStream, String, String)> {
    let mut text = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let read = stream.read(&mut chunk).await.ok()?;
        text.extend_from_slice(&chunk[..read]);
        let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") else {
            if read == 0 {
                return None;
            }
            continue;
        };
        let head = String::from_utf8_lossy(&text[..end]).into_owned();
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let length: usize = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if text.len() < end + 4 + length {
            continue;
        }
        let body = String::from_utf8_lossy(&text[end + 4..]).into_owned();
        let target = header("x-amz-target").and_then(|target| target.rsplit('.').next().map(str::to_owned));
        let line = head.lines().next()?.rsplit_once(' ')?.0.to_owned();
        return Some((stream, target.unwrap_or(line), body));
    }
}

async fn write(mut stream: TcpStream, status: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}

/// One call of the local stack's Cognito, with a body of one's own.
pub(super) async fn call(url: &str, operation: &str, body: &Value) -> Value {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let body = body.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\nx-amz-target: AWSCognitoIdentityProviderService.{operation}\r\n\
         content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200"), "{operation}: {answer}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}
