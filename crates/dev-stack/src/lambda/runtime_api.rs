//! The Runtime API of one environment (Lambda developer guide, "Using the Lambda runtime API").

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::sync::{Notify, oneshot};

use super::invocation::FunctionError;
use crate::random;

/// Largest event or reply of a synchronous invocation (Lambda quotas), with room for headers.
pub(super) const BODY_BYTES_MAX: usize = 6 * 1024 * 1024 + 1024;

/// What the process is handed.
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    /// Milliseconds since 1970.
    pub(super) deadline_ms: u128,
    pub(super) arn: String,
}

/// The function's answer to one event.
pub(super) type Answer = Result<Bytes, FunctionError>;

/// Between an environment and its process: one event at a time.
pub(super) struct Mailbox {
    letters: Mutex<Letters>,
    posted: Notify,
    polled: Notify,
}

#[derive(Default)]
struct Letters {
    event: Option<Event>,
    /// The event that is being worked on, and where its answer goes.
    awaited: Option<(String, oneshot::Sender<Answer>)>,
    init_error: Option<FunctionError>,
}

impl Mailbox {
    pub(super) fn new() -> Self {
        Self { letters: Mutex::default(), posted: Notify::new(), polled: Notify::new() }
    }

    /// Resolves at the first poll: the process has finished its init phase.
    pub(super) async fn polled(&self) {
        self.polled.notified().await;
    }

    pub(super) fn post(&self, event: Event, answer: oneshot::Sender<Answer>) {
        self.with(|letters| {
            letters.awaited = Some((event.request_id.clone(), answer));
            letters.event = Some(event);
        });
        self.posted.notify_one();
    }

    /// What the process posted to `init/error`, once.
    pub(super) fn init_error(&self) -> Option<FunctionError> {
        self.with(|letters| letters.init_error.take())
    }

    async fn next(&self) -> Event {
        self.polled.notify_one();
        loop {
            if let Some(event) = self.with(|letters| letters.event.take()) {
                return event;
            }
            self.posted.notified().await;
        }
    }

    /// `false` when `request_id` is not the event that is being worked on.
    fn answer(&self, request_id: &str, answer: Answer) -> bool {
        let awaited = self.with(|letters| letters.awaited.take_if(|(id, _)| id == request_id));
        // The other end is gone when the invocation has timed out; the process dies with it.
        awaited.map(|(_, sender)| sender.send(answer)).is_some()
    }

    fn with<T>(&self, action: impl FnOnce(&mut Letters) -> T) -> T {
        action(&mut self.letters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) fn router(mailbox: Arc<Mailbox>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(mailbox)
}

async fn next(State(mailbox): State<Arc<Mailbox>>) -> Response {
    let event = mailbox.next().await;
    let header = HeaderName::from_static;
    let headers = [
        (header("content-type"), "application/json".to_owned()),
        (header("lambda-runtime-aws-request-id"), event.request_id),
        (header("lambda-runtime-deadline-ms"), event.deadline_ms.to_string()),
        (header("lambda-runtime-invoked-function-arn"), event.arn),
        (header("lambda-runtime-trace-id"), trace_id()),
    ];
    (headers, event.payload).into_response()
}

async fn response(State(mailbox): State<Arc<Mailbox>>, Path(id): Path<String>, body: Bytes) -> Response {
    receipt(mailbox.answer(&id, Ok(body)))
}

async fn error(State(mailbox): State<Arc<Mailbox>>, Path(id): Path<String>, body: Bytes) -> Response {
    receipt(mailbox.answer(&id, Err(FunctionError::from_posted(body))))
}

async fn init_error(State(mailbox): State<Arc<Mailbox>>, body: Bytes) -> Response {
    mailbox.with(|letters| letters.init_error = Some(FunctionError::from_posted(body)));
    receipt(true)
}

fn receipt(known: bool) -> Response {
    let json = [("content-type", "application/json")];
    if known {
        return (StatusCode::ACCEPTED, json, r#"{"status":"OK"}"#).into_response();
    }
    let body = r#"{"errorType":"InvalidRequestID","errorMessage":"not the event in progress"}"#;
    (StatusCode::BAD_REQUEST, json, body).into_response()
}

/// An X-Ray header that is not sampled.
fn trace_id() -> String {
    let hex = random::uuid().replace('-', "");
    let (time, rest) = hex.split_at_checked(8).unwrap_or_default();
    format!("Root=1-{time}-{};Sampled=0", rest.chars().take(24).collect::<String>())
}
