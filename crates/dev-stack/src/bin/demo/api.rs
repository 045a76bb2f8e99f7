//! The API of the story: the orders service of `examples/orders-api` behind a gateway with the authorizer.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header::AUTHORIZATION};
use dev_stack::{Api, ApiSettings, AuthorizerEvent, DevStack};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The service, the gateway in front of it, and an HTTP client.
pub(crate) struct OrdersApi {
    gateway: Api,
    client: Client<HttpConnector, Body>,
    /// The service ends with the story.
    _service: Child,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl OrdersApi {
    /// Starts the service with orders in memory, for one pool and app client.
    pub(crate) async fn start(
        stack: &DevStack,
        region: &str,
        program: &Path,
        authorizer: &str,
        issuer: &str,
        client_id: &str,
    ) -> Result<Self, String> {
        let mut service = Command::new(program)
            .arg("--in-memory")
            .env("USER_POOLS", issuer)
            .env("CLIENT_IDS", client_id)
            .env("LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("could not start {}: {error}", program.display()))?;
        let lines = service.stdout.take().ok_or("the orders service has no output")?;
        let first = BufReader::new(lines).lines().next_line().await.map_err(|error| error.to_string())?;
        let first = first.unwrap_or_default();
        let backend =
            first.strip_prefix("listening on ").ok_or("the orders service did not start")?.to_owned();
        let settings = ApiSettings {
            event: AuthorizerEvent::RestToken,
            authorizer: authorizer.to_owned(),
            ttl: Duration::from_mins(1),
            backend,
        };
        let gateway = Api::start(stack, region, settings).await.map_err(|error| error.with_causes())?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { gateway, client, _service: service })
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, String> {
        let mut request = Request::get(format!("{}{path}", self.gateway.url()));
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::empty()).map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let body =
            to_bytes(Body::new(answer.into_body()), 1 << 20).await.map_err(|error| error.to_string())?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}
