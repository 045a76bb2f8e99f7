//! Stand-ins for what the functions call: DynamoDB and Cognito over TLS, and the keys of a user pool over plain HTTP (the
//! authorizer takes them from a loopback address only so).

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::checker::Checker;
use crate::http::{self, Request};
use crate::items;

const JSON: (&str, &str) = ("Content-Type", "application/x-amz-json-1.0");
const REQUEST_ID: (&str, &str) = ("x-amzn-RequestId", "0A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q7R8S9T0U1V2W3X4Y5Z");

/// Longer than a function waits during its start for what it reads there (400 ms).
const LATE: Duration = Duration::from_millis(600);

/// Whether requests are answered at once.
#[derive(Clone, Copy, Default)]
enum Late {
    #[default]
    No,
    /// The next request and those soon after it are not.
    Next,
    Until(Instant),
}

pub(crate) struct Store {
    /// With TLS.
    pub(crate) address: SocketAddr,
    /// Without, for callgrind: it makes a handshake so slow that the functions give up.
    pub(crate) plain: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    latency: Duration,
    late: Mutex<Late>,
    checker: Checker,
    calls: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

impl Store {
    /// Answers each request `latency` after it came.
    pub(crate) fn start(tls: Arc<ServerConfig>, latency: Duration) -> io::Result<Self> {
        let seen = Arc::new(Seen { latency, ..Seen::default() });
        let (of_tls, of_plain) = (Arc::clone(&seen), Arc::clone(&seen));
        let address = http::serve(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&tls)).map_err(io::Error::other)?;
            of_tls.converse(StreamOwned::new(connection, stream))
        })?;
        let plain = http::serve(move |stream| of_plain.converse(stream))?;
        Ok(Self { address, plain, seen })
    }

    /// Whether the next request, and those that come with it, are answered only when a starting function has given them up.
    pub(crate) fn set_late(&self, is_late: bool) {
        let mut late = self.seen.late.lock().unwrap_or_else(PoisonError::into_inner);
        *late = if is_late { Late::Next } else { Late::No };
    }

    /// The requests since the last call; an error if one of them was wrong.
    pub(crate) fn take(&self) -> Result<usize, String> {
        let faults = std::mem::take(&mut *self.seen.faults.lock().unwrap_or_else(PoisonError::into_inner));
        let calls = self.seen.calls.swap(0, Ordering::Relaxed);
        if faults.is_empty() {
            Ok(calls)
        } else {
            Err(format!("the store was called with {}", faults.join(", ")))
        }
    }
}

impl Seen {
    /// How long the request that has come waits for its answer.
    fn wait(&self) -> Duration {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*late, Late::Next) {
            *late = Late::Until(Instant::now() + LATE);
        }
        match *late {
            Late::Until(end) => end.saturating_duration_since(Instant::now()).max(self.latency),
            Late::No | Late::Next => self.latency,
        }
    }

    fn converse(&self, stream: impl Read + Write) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream)? {
            self.calls.fetch_add(1, Ordering::Relaxed);
            thread::sleep(self.wait());
            let checked = self.checker.check(&request).map_err(str::to_owned);
            match checked.and_then(|()| content(&request)) {
                Ok(body) => {
                    let body = body.to_string();
                    http::answer(stream.get_mut(), "200 OK", &[JSON, REQUEST_ID], body.as_bytes())?;
                }
                Err(fault) => {
                    self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                    http::answer(stream.get_mut(), "400 Bad Request", &[JSON], b"{\"__type\":\"Fault\"}")?;
                }
            }
        }
        Ok(())
    }
}

fn content(request: &Request) -> Result<Value, String> {
    let operation = request.header("x-amz-target").and_then(|target| target.split('.').next_back());
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
    match operation {
        Some("Query") => {
            let partition = body.pointer("/ExpressionAttributeValues/:pk/S").and_then(Value::as_str);
            let partition = partition.unwrap_or_default();
            let sub = partition.strip_prefix("USER#").and_then(|user| user.split('#').nth(1));
            let found = if body.get("IndexName").is_some() {
                items::indexed(partition)
            } else {
                sub.map(items::of_user).unwrap_or_default()
            };
            Ok(json!({ "Count": found.len(), "ScannedCount": found.len(), "Items": found }))
        }
        Some("GetItem") => {
            let key = |name: &str| body.pointer(&format!("/Key/{name}/S")).and_then(Value::as_str);
            let found = items::get(key("pk").unwrap_or_default(), key("sk").unwrap_or_default());
            Ok(found.map_or_else(|| json!({}), |item| json!({ "Item": item })))
        }
        Some("TransactWriteItems" | "AdminUpdateUserAttributes") => Ok(json!({})),
        other => Err(format!("an unknown operation: {other:?}")),
    }
}

/// Serves `keys` for every pool but [`crate::job::POOL_WITHOUT_KEYS`].
pub(crate) fn serve_keys(keys: impl Fn() -> Vec<u8> + Clone + Send + 'static) -> io::Result<SocketAddr> {
    http::serve(move |stream: TcpStream| {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream)? {
            let json = [("Content-Type", "application/json")];
            if request.path.contains(crate::job::POOL_WITHOUT_KEYS) {
                http::answer(stream.get_mut(), "503 Service Unavailable", &json, b"{}")?;
            } else {
                http::answer(stream.get_mut(), "200 OK", &json, &keys())?;
            }
        }
        Ok(())
    })
}
