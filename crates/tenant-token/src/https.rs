use std::{io, sync::Arc, time::Duration};

use http::{Request, StatusCode, header::ACCEPT};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider};
use tokio::time::timeout;

use crate::{FetchError, JwksUrl, KeySource, jwks::DOCUMENT_BYTES_MAX};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// Connecting and reading the document, together.
const WHOLE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Fetches key sets over HTTPS: hyper 1 and rustls with ring, which need no C library, and the root certificates of the
/// operating system.
///
/// Limits: 500 ms to connect, 1.5 s for all of it, 64 KiB. Redirects are not followed and any status but 200 is an error.
/// Proxy settings of the environment are not read.
///
/// It needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct HttpsKeys {
    client: Client<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>,
}

/// The operating system has no root certificates, so no server can be trusted. In a container image, install its package
/// `ca-certificates`.
#[derive(Debug, thiserror::Error)]
#[error("the operating system has no usable root certificates")]
pub struct NoRootCertificates(#[source] io::Error);

impl HttpsKeys {
    /// A client with the limits above. It reads the root certificates, and does not connect yet.
    ///
    /// # Errors
    ///
    /// [`NoRootCertificates`].
    pub fn new() -> Result<Self, NoRootCertificates> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(NoRootCertificates(io::Error::other(format!("{:?}", found.errors))));
        }
        // Not the process's default provider: that is for the program to choose, and this is a library.
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| NoRootCertificates(io::Error::other(error)))?;
        Ok(Self::with_tls(builder.with_root_certificates(roots).with_no_client_auth()))
    }

    /// The same with a TLS configuration of your own: other root certificates, or another provider.
    #[must_use]
    pub fn with_tls(tls: ClientConfig) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        // `JwksUrl` has http for loopback addresses only.
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let connector = connector.enable_http1().wrap_connector(http);
        Self { client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    async fn get(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let request = Request::get(url.as_str()).header(ACCEPT, "application/json").body(Empty::new());
        let request = request.map_err(|error| FetchError::new(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| FetchError::new(causes(&error)))?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::new(format!("status {}", response.status())));
        }
        let body = Limited::new(response.into_body(), DOCUMENT_BYTES_MAX).collect().await;
        body.map(|body| body.to_bytes().to_vec()).map_err(|error| FetchError::new(error.to_string()))
    }
}

impl KeySource for HttpsKeys {
    async fn fetch(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        let late = |_| FetchError::new(format!("no answer in {WHOLE_TIMEOUT:?}"));
        timeout(WHOLE_TIMEOUT, self.get(url)).await.map_err(late)?
    }
}

fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
