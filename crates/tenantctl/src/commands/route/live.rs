//! A router that is asked over HTTP.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::http::{Request, Response};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};

use super::Question;
use crate::failure::Failure;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The address of a router: scheme and host.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    scheme: String,
    authority: String,
}

/// What a router answers.
pub(super) struct Live {
    pub(super) status: u16,
    pub(super) document: Value,
}

impl FromStr for Router {
    type Err = &'static str;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be an address such as https://app.example.com";
        let (scheme, rest) = raw.trim().split_once("://").ok_or(FORM)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let is_authority = !authority.is_empty()
            && authority
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
        if matches!(scheme, "http" | "https") && is_authority {
            Ok(Self { scheme: scheme.to_owned(), authority: authority.to_owned() })
        } else {
            Err(FORM)
        }
    }
}

impl fmt::Display for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl Router {
    pub(super) async fn ask(&self, question: &Question) -> Result<Live, Failure> {
        let failed = |why: String| {
            Failure::failed(format!("could not ask the router at {self}: {why}"))
                .coded("router")
                .hint("Check the address, and whether a proxy answered instead.")
        };
        let request = self.request(question).map_err(|error| failed(error.to_string()))?;
        let connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
        let answer = tokio::time::timeout(TIMEOUT, connector.call(request)).await;
        let answer = answer.map_err(|_| failed("it gave no answer in 10 seconds".to_owned()))?;
        let answer: Response = answer.map_err(|error| failed(crate::failure::chain(&error)))?;
        let status = answer.status().as_u16();
        let body = ByteStream::new(answer.into_body()).collect();
        let body = tokio::time::timeout(TIMEOUT, body).await;
        let body = body.map_err(|_| failed("its answer did not end in 10 seconds".to_owned()))?;
        let body = body.map_err(|error| failed(error.to_string()))?.into_bytes();
        Ok(Live { status, document: serde_json::from_slice(&body).unwrap_or_default() })
    }

    /// A router on this machine is called at its address, with the host of the question as `Host`. Another one is called at the
    /// host of the question.
    fn request(&self, question: &Question) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
        let (name, port) = self.authority.rsplit_once(':').unwrap_or((&self.authority, ""));
        // Not every resolver knows the names below `localhost` (RFC 6761, section 6.3).
        let address = match name {
            "127.0.0.1" | "[::1]" => Some(self.authority.clone()),
            _ if name == "localhost" || name.ends_with(".localhost") => Some(format!("127.0.0.1:{port}")),
            _ => None,
        };
        let host = question.host.as_ref().unwrap_or(&self.authority);
        let authority = address.as_ref().unwrap_or(host);
        let mut uri = format!("{}://{authority}/v1/route", self.scheme);
        let body = question.email.as_ref().map(|email| json!({ "email": email }).to_string());
        if let Some(slug) = &question.slug {
            uri.push_str("?slug=");
            uri.extend(slug.bytes().flat_map(|byte| {
                if byte.is_ascii_alphanumeric() || byte == b'-' {
                    vec![char::from(byte)]
                } else {
                    format!("%{byte:02X}").chars().collect()
                }
            }));
        }
        let mut request = Request::new(body.clone().map_or_else(SdkBody::empty, SdkBody::from));
        request.set_uri(uri)?;
        if body.is_some() {
            request.set_method("POST")?;
            request.headers_mut().try_insert("content-type", "application/json")?;
        }
        if address.is_some() {
            request.headers_mut().try_insert("host", host.clone())?;
        }
        Ok(request)
    }
}
