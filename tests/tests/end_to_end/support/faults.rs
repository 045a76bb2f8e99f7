//! Faults that no engine gives when asked: a proxy before the real one that spoils some of its answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) use tests::faults::Fault;
use tests::faults::{self, Engine};
use tests::http::Message;
use tokio::net::{TcpListener, TcpStream};

/// A proxy before an engine.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) url: String,
    plan: Arc<Mutex<Plan>>,
    connections: Arc<AtomicUsize>,
}

/// What happens to the requests that are meant.
#[derive(Clone, Copy)]
enum Planned {
    Fault(Fault),
    /// An answer comes when so many calls have arrived. Calls that follow each other never get it.
    Together(usize),
}

#[derive(Default)]
struct Plan {
    planned: Option<Planned>,
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
        let planned = Some(Planned::Fault(fault));
        *self.plan.lock().unwrap() = Plan { planned, operation, left: times, ..Plan::default() };
    }

    /// Answers when so many calls have arrived.
    pub(crate) fn hold(&self, calls: usize) {
        let planned = Some(Planned::Together(calls));
        *self.plan.lock().unwrap() = Plan { planned, left: usize::MAX, ..Plan::default() };
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
    fn fault_for(&mut self, operation: &str, is_first_attempt: bool) -> Option<Planned> {
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
        self.planned.filter(|_| is_meant)
    }
}

/// The engine behind the proxy.
struct Behind {
    engine: TcpStream,
    plan: Arc<Mutex<Plan>>,
}

impl Engine for Behind {
    async fn choose(&mut self, request: &Message) -> Option<Fault> {
        let attempt = request.header("amz-sdk-request").unwrap_or_default();
        let is_first = attempt.starts_with("attempt=1;");
        let planned = self.plan.lock().unwrap().fault_for(&request.operation(), is_first);
        match planned? {
            Planned::Fault(fault) => Some(fault),
            Planned::Together(calls) => {
                while self.plan.lock().unwrap().spoiled_calls < calls {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                None
            }
        }
    }

    async fn answer(&mut self, request: &Message) -> Option<Vec<u8>> {
        faults::ask(&mut self.engine, request).await
    }
}

async fn serve(client: TcpStream, upstream: String, plan: Arc<Mutex<Plan>>) -> Option<()> {
    let engine = TcpStream::connect(upstream).await.ok()?;
    faults::serve(client, Behind { engine, plan }).await
}
