//! Lambda authorizer of API Gateway: lets a request in if its token is genuine and has a tenant.
//!
//! One function for REST, HTTP and WebSocket APIs. It verifies with `tenant-token`, and reads the table only if a setting asks
//! for it. **A token without a tenant never gets in**, so an API behind it is closed while the pre-token-generation trigger is
//! detached.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`event`], [`arn`] | the five forms of event; the stage that the answer is for |
//! | [`judge`] | from a token to a verdict |
//! | [`live`] | what the table says about the token now |
//! | [`verdict`] | how a call ended, and its names in logs |
//! | [`context`], [`answer`] | what API Gateway gets |
//! | [`report`] | the log line of a call |
//! | [`config`] | the settings |

pub mod answer;
pub mod arn;
pub mod config;
pub mod context;
pub mod event;
pub mod judge;
pub mod live;
pub mod report;
pub mod verdict;

use std::time::{Duration, SystemTime};

use function::metrics::Costs;
use function::{Call, Diagnostic, Function, in_time};
use serde_json::Value;
use serde_json::value::RawValue;
use tenancy::ports::{Memberships, Records};
use tenant_token::{TenantToken, Verifier};
use tokio::time::{Instant, timeout, timeout_at};

pub use config::{Config, LiveCheck, Response, TokenSource};
pub use event::{Event, Form};
pub use live::Live;
pub use verdict::Verdict;

use report::Ended;
use verdict::{Failure, Ruling};

/// Time limit of a call. The caller of the API waits for it.
const BUDGET: Duration = Duration::from_secs(3);

/// How long the start of the function, or the answer of a call, waits for keys that are being fetched.
const KEYS_TIMEOUT: Duration = Duration::from_millis(400);

/// Fetches the keys of all pools while the function starts, when it has the full CPU. Without them the first call fetches
/// its own.
pub async fn prefetch(verifier: &Verifier, now: SystemTime) {
    match timeout(KEYS_TIMEOUT, verifier.prefetch(now)).await {
        Ok(Ok(())) => {}
        Ok(Err(missing)) => {
            tracing::warn!(cause = %missing, "the function starts without keys of some pools");
        }
        Err(_elapsed) => {
            tracing::warn!(cause = "no time was left", "the function starts without keys of some pools");
        }
    }
}

/// The function. It is built from its ports, so that tests run it on others.
pub struct Authorizer<'a, C, M, T> {
    /// `Function` of the metrics: the name of the Lambda function.
    pub name: String,
    pub verifier: &'a Verifier,
    pub response: Response,
    pub token_source: &'a TokenSource,
    /// `None`: the table is not read.
    pub live: Option<Live<'a, C, M>>,
    pub clock: fn() -> SystemTime,
    /// The figures since they were last taken. Called once, after every call.
    pub costs: T,
}

/// A finished call, before its answer is written.
#[derive(Debug)]
pub struct Concluded {
    /// `None` when it could not be read.
    pub event: Option<Event>,
    pub verdict: Verdict,
    /// Whether the token was verified with keys that could not be fetched again.
    pub keys_are_stale: bool,
}

impl Concluded {
    /// What API Gateway gets.
    ///
    /// # Errors
    ///
    /// The error of which it makes a 401 or a 500.
    pub fn answer(&self, response: Response) -> Result<Box<RawValue>, Diagnostic> {
        match &self.event {
            Some(event) => answer::of(event, &self.verdict, response),
            None => Err(answer::unavailable()),
        }
    }
}

impl<C: Records, M: Memberships, T> Authorizer<'_, C, M, T> {
    /// Reads the event and judges its token in time. A panic ends the call, not the process.
    pub async fn conclude(&self, call: &Call<'_>) -> Concluded {
        let mut event = None;
        let work = async {
            match Event::read(call.event, self.token_source) {
                Ok(read) => {
                    let event = event.insert(read);
                    judge::judge(self.verifier, self.live.as_ref(), &event.token, call.now).await
                }
                Err(error) => Ruling::Unavailable(Failure::Event(error)).into(),
            }
        };
        // On the heap: the futures of the SDK are large.
        let verdict = in_time(call.deadline, Box::pin(work)).await;
        let verdict = verdict.unwrap_or_else(|broken| Ruling::Unavailable(Failure::Broken(broken)).into());
        self.wait_for_keys(call.deadline).await;
        let keys_are_stale = verdict.token.as_ref().is_some_and(|token| self.keys_are_stale(token));
        Concluded { event, verdict, keys_are_stale }
    }

    /// Lambda freezes the process after the answer, and with it a fetch of keys in the background. About once an hour a call
    /// waits for one.
    async fn wait_for_keys(&self, deadline: Instant) {
        let until = deadline.min(Instant::now() + KEYS_TIMEOUT);
        let _ = timeout_at(until, self.verifier.fetches_done()).await;
    }

    fn keys_are_stale(&self, token: &TenantToken) -> bool {
        let issuer = token.claims().get("iss").and_then(Value::as_str);
        issuer.is_some_and(|issuer| self.verifier.has_stale_keys(issuer))
    }
}

impl<C: Records, M: Memberships, T: Fn() -> Costs> Function for Authorizer<'_, C, M, T> {
    async fn answer(&self, call: &Call<'_>) -> Result<Box<RawValue>, Diagnostic> {
        let concluded = self.conclude(call).await;
        let costs = (self.costs)();
        let token = concluded.verdict.token.as_ref();
        costs.warn_if_stale(call.request_id, token.map(|token| token.tenant().as_str()));
        Ended { function: &self.name, call, concluded: &concluded, costs }.print((self.clock)());
        concluded.answer(self.response)
    }

    fn broken(&self) -> Diagnostic {
        answer::unavailable()
    }

    fn budget(&self) -> Duration {
        BUDGET
    }
}
