//! The Invoke API: `POST /2015-03-31/functions/{name}/invocations`. A version or alias must be there. The function's policy
//! is not asked: every caller counts as a principal of the account.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::de::IgnoredAny;

use super::{
    control, create,
    invocation::Invocation,
    name::{function_name, qualifier},
    refusal::{refusal, service_error},
    runtime_api::BODY_BYTES_MAX,
    service::Lambda,
};
use crate::{DevStackError, form};

pub(super) fn router(lambda: Lambda) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .merge(control::routes())
        .merge(create::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(lambda)
}

async fn invoke(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut query = form::parse(query.unwrap_or_default().as_bytes());
    let qualifier =
        query.remove("Qualifier").or_else(|| qualifier(&name).map(str::to_owned)).unwrap_or_default();
    let name = function_name(&name).to_owned();
    let arn = lambda.qualified_arn(&name, &qualifier);
    match lambda.configuration(&name, &qualifier) {
        Ok(Some(_)) => {}
        Ok(None) => return refusal(&DevStackError::UnknownFunction(name), &arn),
        Err(error) => return refusal(&error, &arn),
    }
    let payload = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return service_error(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message);
    }
    let kind = headers.get("x-amz-invocation-type").and_then(|value| value.to_str().ok());
    match kind.unwrap_or("RequestResponse") {
        "RequestResponse" => match lambda.invoke(&name, payload).await {
            Ok(invocation) => answer(invocation),
            Err(error) => refusal(&error, &lambda.arn(&name)),
        },
        "Event" => {
            tokio::spawn(async move { lambda.invoke(&name, payload).await });
            StatusCode::ACCEPTED.into_response()
        }
        "DryRun" => StatusCode::NO_CONTENT.into_response(),
        other => service_error(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            &format!("no invocation type `{other}`"),
        ),
    }
}

/// An error of the function is still HTTP 200: only the header tells.
fn answer(invocation: Invocation) -> Response {
    let json = [("content-type", "application/json"), ("x-amz-executed-version", "$LATEST")];
    match invocation {
        Invocation::Ok(reply) => (json, reply).into_response(),
        Invocation::FunctionError(error) | Invocation::TimedOut(error) | Invocation::Exited(error) => {
            (json, [("x-amz-function-error", "Unhandled")], error.raw).into_response()
        }
    }
}
