//! The server of an API: authorizes each request, and sends it on to the backend.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{
        Request as HttpRequest, StatusCode, Uri,
        header::{CONNECTION, HOST},
    },
    response::{IntoResponse, Response},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;

use super::{Gateway, Refusal, event::Request};

#[derive(Clone)]
struct Server {
    gateway: Arc<Gateway>,
    backend: Client<HttpConnector, Body>,
}

pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    let backend = Client::builder(TokioExecutor::new()).build_http();
    Router::new().fallback(serve).with_state(Server { gateway, backend })
}

async fn serve(State(server): State<Server>, request: HttpRequest<Body>) -> Response {
    let gateway = &server.gateway;
    let (parts, body) = request.into_parts();
    let asked = Request::new(&gateway.region, &parts.method, &parts.uri, &parts.headers);
    if let Err(refusal) = gateway.authorize(&asked).await {
        return refusal.response(gateway.settings.event.is_of_rest_api());
    }
    let target = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("{}{target}", gateway.settings.backend).parse::<Uri>() else {
        return bad_gateway();
    };
    let mut parts = parts;
    parts.uri = uri;
    parts.headers.remove(HOST);
    parts.headers.remove(CONNECTION);
    match server.backend.request(HttpRequest::from_parts(parts, body)).await {
        Ok(response) => response.into_response(),
        Err(_) => bad_gateway(),
    }
}

impl Refusal {
    /// What API Gateway answers. The words differ between REST and HTTP APIs.
    fn response(self, is_rest_api: bool) -> Response {
        let (status, body) = match (self, is_rest_api) {
            (Self::Unauthorized, _) => (StatusCode::UNAUTHORIZED, json!({ "message": "Unauthorized" })),
            (Self::Forbidden, true) => {
                let text = "User is not authorized to access this resource";
                (StatusCode::FORBIDDEN, json!({ "Message": text }))
            }
            (Self::Denied, true) => {
                let text = "User is not authorized to access this resource with an explicit deny";
                (StatusCode::FORBIDDEN, json!({ "Message": text }))
            }
            (Self::Forbidden | Self::Denied, false) => {
                (StatusCode::FORBIDDEN, json!({ "message": "Forbidden" }))
            }
            (Self::Authorizer, true) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": null })),
            (Self::Authorizer, false) => {
                (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": "Internal Server Error" }))
            }
        };
        (status, Json(body)).into_response()
    }
}

fn bad_gateway() -> Response {
    (StatusCode::BAD_GATEWAY, Json(json!({ "message": "Bad Gateway" }))).into_response()
}
