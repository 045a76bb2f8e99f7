//! Faults that no engine gives when asked: a proxy before the real one that spoils some of its answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::http::{Message, answer};

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// An answer never comes.
    Hang,
    /// It comes late.
    Late(Duration),
    /// It comes when so many calls have arrived. Calls that follow each other never get it.
    Together(usize),
    /// The connection is reset, and nothing was done.
    Reset,
    /// It is done, and the connection is reset before the answer.
    LoseAnswer,
    /// An answer with this status and body, and nothing was done.
    Answer(u16, &'static str),
}

impl Fault {
    /// The service is in trouble.
    pub(crate) const INTERNAL: Self =
        Self::Answer(500, r#"{"__type":"InternalServerError","message":"trouble"}"#);
    /// The table has no capacity.
    pub(crate) const THROTTLED: Self = Self::Answer(
        400,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
    );
    /// Cognito's `UserUpdate` quota, 25 a second, is used up.
    pub(crate) const TOO_MANY_REQUESTS: Self =
        Self::Answer(400, r#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#);
    /// The role may not.
    pub(crate) const NOT_ALLOWED: Self = Self::Answer(
        400,
        r#"{"__type":"AccessDeniedException","message":"User: ana@example.com is not authorized"}"#,
    );
    /// Success, and nonsense.
    pub(crate) const GARBAGE: Self = Self::Answer(200, "<html>ana@example.com</html>");
    /// Another transaction has an item of this one.
    pub(crate) const CONFLICT: Self = Self::Answer(
        400,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]}"#,
    );
}

/// A proxy before an engine.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) url: String,
    plan: Arc<Mutex<Plan>>,
    connections: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Plan {
    fault: Option<Fault>,
    operation: &'static str,
    left: usize,
    passes: usize,
    only_first_attempts: bool,
    /// Calls that were spoiled, without the attempts that the SDK makes after the first.
    spoiled_calls: usize,
    seen: Vec<String>,
    /// Attempts that the SDK made after the first.
    repeated: usize,
}

impl Proxy {
    /// Listens, and passes everything on to `upstream`, a base URL.
    pub(crate) async fn before(upstream: &str) -> Self {
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let plan: Arc<Mutex<Plan>> = Arc::default();
        let shared = Arc::clone(&plan);
        let connections: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(client, upstream.clone(), Arc::clone(&shared)));
            }
        });
        Self { url, plan, connections }
    }

    /// Spoils the next `times` requests of an operation (`""`: of any).
    pub(crate) fn spoil(&self, operation: &'static str, fault: Fault, times: usize) {
        *self.plan.lock().unwrap() = Plan { fault: Some(fault), operation, left: times, ..Plan::default() };
    }

    /// Passes the next request of an operation, and spoils the `times` after it.
    pub(crate) fn pass_and_spoil(&self, operation: &'static str, fault: Fault, times: usize) {
        self.spoil(operation, fault, times);
        self.plan.lock().unwrap().passes = 1;
    }

    /// Spoils the first attempt of every call, and none of those that the SDK makes after it.
    pub(crate) fn spoil_first_attempts(&self, fault: Fault) {
        self.spoil("", fault, usize::MAX);
        self.plan.lock().unwrap().only_first_attempts = true;
    }

    /// Spoils nothing any more.
    pub(crate) fn heal(&self) {
        *self.plan.lock().unwrap() = Plan::default();
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many attempts since the last change were not the first of their calls.
    pub(crate) fn repeated(&self) -> usize {
        self.plan.lock().unwrap().repeated
    }

    /// The operations that were asked for since the last change.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.plan.lock().unwrap().seen.clone()
    }
}

impl Plan {
    fn fault_for(&mut self, operation: &str, is_first_attempt: bool) -> Option<Fault> {
        self.seen.push(operation.to_owned());
        self.repeated += usize::from(!is_first_attempt);
        let is_meant = self.left > 0
            && (self.operation.is_empty() || self.operation == operation)
            && (is_first_attempt || !self.only_first_attempts);
        if is_meant && self.passes > 0 {
            self.passes -= 1;
            return None;
        }
        if is_meant {
            self.left -= 1;
            self.spoiled_calls += usize::from(is_first_attempt);
        }
        self.fault.filter(|_| is_meant)
    }
}

/// Serves one connection, until either side ends it.
async fn serve(mut client: TcpStream, upstream: String, plan: Arc<Mutex<Plan>>) -> Option<()> {
    let mut engine = TcpStream::connect(upstream).await.ok()?;
    loop {
        let request = Message::read(&mut client).await?;
        let attempt = request.header("amz-sdk-request").unwrap_or_default();
        let fault = plan.lock().unwrap().fault_for(&request.operation(), attempt.starts_with("attempt=1;"));
        match fault {
            None => {}
            Some(Fault::Late(time)) => tokio::time::sleep(time).await,
            Some(Fault::Together(calls)) => {
                while plan.lock().unwrap().spoiled_calls < calls {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Reset) => return reset(client),
            Some(Fault::LoseAnswer) => {
                engine.write_all(&request.bytes).await.ok()?;
                Message::read(&mut engine).await?;
                return reset(client);
            }
            Some(Fault::Answer(status, body)) => {
                client.write_all(answer(status, body).as_bytes()).await.ok()?;
                continue;
            }
        }
        engine.write_all(&request.bytes).await.ok()?;
        client.write_all(&Message::read(&mut engine).await?.bytes).await.ok()?;
    }
}

/// Ends the connection with a reset instead of a close.
fn reset(client: TcpStream) -> Option<()> {
    client.set_zero_linger().unwrap();
    drop(client);
    None
}
