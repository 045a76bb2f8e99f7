//! What a caller is told when a request fails (RFC 9457). The bytes depend on the kind of failure alone.

use axum::Json;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Serialize)]
struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
}

pub(crate) fn problem(status: StatusCode, detail: &'static str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = Problem { r#type: "about:blank", title, status: status.as_u16(), detail };
    (status, [(CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
}
