//! Browsers of any origin may call Cognito and read its answers.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What AWS SDKs and Amplify send. A wildcard would not cover `authorization`.
const REQUEST_HEADERS: &str = "amz-sdk-invocation-id, amz-sdk-request, authorization, cache-control, content-type, \
                               x-amz-api-version, x-amz-content-sha256, x-amz-date, x-amz-security-token, x-amz-target, \
                               x-amz-user-agent, x-amzn-trace-id";

const RESPONSE_HEADERS: &str = "date, x-amzn-errormessage, x-amzn-errortype, x-amzn-requestid";

/// Answers preflight requests, and lets any origin read every answer. A request without `Origin` is answered as
/// without this.
pub(super) async fn allow_any_origin(request: Request, next: Next) -> Response {
    let from_browser = request.headers().contains_key(header::ORIGIN);
    if from_browser && is_preflight(request.method(), request.headers()) {
        let allow = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(REQUEST_HEADERS)),
            (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
        ];
        return (StatusCode::OK, any_origin(), allow).into_response();
    }
    let mut response = next.run(request).await;
    if from_browser {
        let [(name, value)] = any_origin();
        response.headers_mut().insert(name, value);
        let exposed = HeaderValue::from_static(RESPONSE_HEADERS);
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}

fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn any_origin() -> [(HeaderName, HeaderValue); 1] {
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))]
}
