//! Errors of the Lambda API.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::DevStackError;

pub(super) fn refusal(error: &DevStackError, arn: &str) -> Response {
    match error {
        DevStackError::UnknownFunction(_) => service_error(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            &format!("Function not found: {arn}"),
        ),
        other => service_error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &other.to_string()),
    }
}

pub(super) fn service_error(status: StatusCode, code: &'static str, message: &str) -> Response {
    let kind = if status.is_server_error() { "Service" } else { "User" };
    let headers = [("content-type", "application/json"), ("x-amzn-errortype", code)];
    (status, headers, json!({ "Type": kind, "Message": message }).to_string()).into_response()
}
