use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::DatabaseError;

/// What a caller is told when something fails (RFC 9457). Nothing of a database error is in it: that is in the log.
pub(crate) struct Problem {
    status: StatusCode,
    detail: Option<String>,
}

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, detail: None }
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        tracing::error!("{error}");
        Self::new(match error {
            DatabaseError::NoConnection(_) => StatusCode::SERVICE_UNAVAILABLE,
            DatabaseError::Query(_) => StatusCode::INTERNAL_SERVER_ERROR,
        })
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self { status: rejection.status(), detail: Some(rejection.body_text()) }
    }
}

/// A path that is not an id is the path of nothing.
impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(StatusCode::NOT_FOUND)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, detail } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let body = Body { r#type: "about:blank", title, status: status.as_u16(), detail };
        (status, [(CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}
