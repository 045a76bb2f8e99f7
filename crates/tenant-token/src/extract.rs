use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE, request::Parts};

use crate::{TenantRule, TenantToken};

/// A handler asks for a [`TenantToken`], and its route has no [`TenantLayer`](crate::TenantLayer) with the same tenant rule.
/// The answer is 500, and the log says `tenant layer missing`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("tenant layer missing")]
pub struct LayerMissing;

/// The token that [`TenantLayer`](crate::TenantLayer) has verified.
impl<T: TenantRule, S: Sync> FromRequestParts<S> for TenantToken<T> {
    type Rejection = LayerMissing;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(event = "tenant_layer.missing", path = parts.uri.path(), "tenant layer missing");
            LayerMissing
        })
    }
}

impl IntoResponse for LayerMissing {
    fn into_response(self) -> Response {
        let body = r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#;
        let content_type = HeaderValue::from_static("application/problem+json");
        (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, content_type)], body).into_response()
    }
}
