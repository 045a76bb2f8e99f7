//! Requests from Lambda: payloads 1.0 and 2.0 of API Gateway, and function URLs.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::Uri;
use function::{Call, Diagnostic, Function, in_time};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Request, RequestExt as _, Service as _, service_fn};
use serde_json::value::{RawValue, to_raw_value};
use tenancy::route::Directory;

use crate::outcome::{Failure, Outcome};
use crate::service::{BUDGET, FrontDoor, Incoming};

/// The front door as a Lambda function.
pub struct Gate<D>(pub FrontDoor<D>);

impl<D: Directory + Send + Sync + 'static> Function for Gate<D> {
    async fn answer(&self, call: &Call<'_>) -> Result<Box<RawValue>, Diagnostic> {
        let Call { request_id, is_cold_start, began, deadline, .. } = *call;
        let incoming = Incoming { request_id, is_cold_start, began, deadline };
        let serve = async {
            let event = serde_json::from_str::<LambdaRequest>(call.event).ok()?;
            let service = service_fn(|request: Request| async move {
                Ok::<_, Infallible>(self.0.answer(request_of(request), incoming).await)
            });
            let mut adapter = Adapter::from(service);
            let answer = adapter.call(LambdaEvent::new(event, Context::default())).await;
            to_raw_value(&answer.unwrap_or_else(|never| match never {})).ok()
        };
        // The conversion of a broken event panics. A request itself ends in its own time, before this deadline.
        if let Ok(Some(answer)) = in_time(deadline + Duration::from_millis(50), Box::pin(serve)).await {
            return Ok(answer);
        }
        let outcome = Outcome::from(&Failure::Event);
        self.0.report(&outcome, None, StatusCode::INTERNAL_SERVER_ERROR, incoming);
        Err(self.broken())
    }

    fn broken(&self) -> Diagnostic {
        Diagnostic { error_type: "Unavailable".to_owned(), error_message: "Unavailable".to_owned() }
    }

    fn budget(&self) -> Duration {
        BUDGET
    }
}

/// The request with the path that the client sent: `lambda_http` puts the stage before it.
fn request_of(request: Request) -> axum::extract::Request {
    let (path, query) = (request.raw_http_path(), request.uri().query());
    let uri = match query {
        Some(query) => format!("{path}?{query}").parse::<Uri>(),
        None => path.parse::<Uri>(),
    };
    let mut request = request.map(Body::new);
    if let Ok(uri) = uri {
        *request.uri_mut() = uri;
    }
    request
}
