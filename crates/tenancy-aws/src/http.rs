//! The HTTP client of both SDK clients: hyper with TLS, HTTP/1.1 only, and one connection pool. The SDK's own client would read
//! all root certificates of the machine for each SDK client twice, and brings HTTP/2 and proxies, which no function uses.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::{HeaderValue, Uri, header};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{self, CaptureConnection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::error::Elapsed;
use tower_service::Service;

/// Longest time to get a connection, TLS included.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Who calls, for the logs of AWS. It is not signed.
const USER_AGENT: &str = concat!("tenancy/", env!("CARGO_PKG_VERSION"));

/// Gives the SDK the one connector.
#[derive(Clone, Debug)]
pub(crate) struct Http(SharedHttpConnector);

impl Http {
    pub(crate) fn new() -> Self {
        let mut tcp = connect::HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        #[expect(clippy::expect_used, reason = "depends on nothing outside")]
        let tls = machine_roots::client_config().expect("ring has what TLS 1.2 and 1.3 need");
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(InTime(HttpsConnector::from((tcp, tls))));
        Self(SharedHttpConnector::new(Connections(client)))
    }
}

impl HttpClient for Http {
    /// The settings are those of `client.rs`, which has no time limit but that of [`InTime`] for a connector.
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

struct Connections(Client<InTime, SdkBody>);

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        if let Some(wanted) = request.extensions().get::<CaptureSmithyConnection>().cloned() {
            let used = connect::capture_connection(&mut request);
            wanted.set_connection_retriever(move || end_of(&used));
        }
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(|error| kind(error.into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// With it, the SDK ends a connection on which a call failed in a way that may pass.
fn end_of(used: &CaptureConnection) -> Option<ConnectionMetadata> {
    used.connection_metadata().as_ref()?;
    let used = used.clone();
    let end = move || {
        if let Some(connection) = used.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(end).build())
}

/// Tells the SDK which failures may pass, as its own client does.
fn kind(error: BoxError) -> ConnectorError {
    if cause::<Elapsed>(&*error).is_some() {
        return ConnectorError::timeout(error);
    }
    let of_hyper = cause::<hyper::Error>(&*error);
    let of_network = cause::<std::io::Error>(&*error).is_some();
    match (of_hyper, cause::<hyper_util::client::legacy::Error>(&*error)) {
        (Some(hyper), _) if hyper.is_timeout() => ConnectorError::timeout(error),
        (Some(hyper), _) if hyper.is_user() => ConnectorError::user(error),
        (Some(hyper), _) if hyper.is_closed() || hyper.is_canceled() || of_network => {
            ConnectorError::io(error)
        }
        (Some(hyper), _) if hyper.is_incomplete_message() => {
            ConnectorError::other(error, Some(ErrorKind::TransientError))
        }
        (None, Some(pool)) if pool.is_connect() || of_network => ConnectorError::io(error),
        _ => ConnectorError::other(error, None),
    }
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(<dyn Error>::downcast_ref)
}

/// Connects within [`CONNECT_TIMEOUT`].
#[derive(Clone)]
struct InTime(HttpsConnector<connect::HttpConnector>);

impl Service<Uri> for InTime {
    type Response = <HttpsConnector<connect::HttpConnector> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.0.call(to);
        Box::pin(async move { tokio::time::timeout(CONNECT_TIMEOUT, connecting).await? })
    }
}
