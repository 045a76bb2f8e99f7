//! The events that API Gateway sends to a Lambda authorizer. Their shapes are those of the developer guide: "Input to an API
//! Gateway Lambda authorizer" (REST), "Control access to HTTP APIs with AWS Lambda authorizers" (HTTP).

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header::AUTHORIZATION};
use serde_json::{Map, Value, json};

use crate::{ACCOUNT_ID, clock, random};

/// The id of the API in ARNs and events.
const API_ID: &str = "abcdef1234";
/// Its stage.
const STAGE: &str = "prod";

/// Which event the authorizer is sent. In each, the header `Authorization` is the identity source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthorizerEvent {
    /// A REST API, type `TOKEN`.
    RestToken,
    /// A REST API, type `REQUEST`.
    RestRequest,
    /// An HTTP API, payload format 1.0. The answer is a policy.
    Http1,
    /// An HTTP API, payload format 2.0.
    Http2 {
        /// `EnableSimpleResponses`: the answer is `isAuthorized`, not a policy.
        simple: bool,
    },
}

impl AuthorizerEvent {
    pub(super) fn is_of_rest_api(self) -> bool {
        matches!(self, Self::RestToken | Self::RestRequest)
    }
}

/// A request to the API.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    /// `methodArn` or `routeArn`.
    pub(super) arn: String,
}

impl<'a> Request<'a> {
    pub(super) fn new(region: &str, method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        let path = uri.path();
        let arn = format!("arn:aws:execute-api:{region}:{ACCOUNT_ID}:{API_ID}/{STAGE}/{method}{path}");
        Self { method, uri, headers, arn }
    }

    /// The header `Authorization`; several of them as one text, with commas.
    pub(super) fn identity_source(&self) -> Option<String> {
        let headers: Vec<_> =
            self.headers.get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok()).collect();
        Some(headers.join(",")).filter(|header| !header.is_empty())
    }

    pub(super) fn event(&self, kind: AuthorizerEvent) -> Value {
        let token = self.identity_source().unwrap_or_default();
        match kind {
            AuthorizerEvent::RestToken => {
                json!({ "type": "TOKEN", "methodArn": self.arn, "authorizationToken": token })
            }
            AuthorizerEvent::RestRequest => self.version_1(json!({})),
            AuthorizerEvent::Http1 => self.version_1(json!({
                "version": "1.0", "identitySource": token, "authorizationToken": token,
            })),
            AuthorizerEvent::Http2 { .. } => self.version_2(&token),
        }
    }

    /// `REQUEST` of a REST API. An HTTP API sends the same, and `more`.
    fn version_1(&self, more: Value) -> Value {
        let (method, path) = (self.method.as_str(), self.uri.path());
        let mut event = json!({
            "type": "REQUEST",
            "methodArn": self.arn,
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": self.last_headers(),
            "multiValueHeaders": self.all_headers(),
            "queryStringParameters": self.query(),
            "pathParameters": {},
            "stageVariables": {},
            "requestContext": {
                "path": format!("/{STAGE}{path}"),
                "accountId": ACCOUNT_ID,
                "resourceId": "05c7jb",
                "stage": STAGE,
                "requestId": random::uuid(),
                "identity": { "apiKey": null, "sourceIp": "127.0.0.1" },
                "resourcePath": path,
                "httpMethod": method,
                "apiId": API_ID,
            },
        });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    }

    fn version_2(&self, token: &str) -> Value {
        let (method, path) = (self.method.as_str(), self.uri.path());
        let route = format!("{method} {path}");
        json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": self.arn,
            "identitySource": [token],
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": self.uri.query().unwrap_or_default(),
            "cookies": [],
            "headers": self.joined_headers(),
            "queryStringParameters": self.query(),
            "requestContext": {
                "accountId": ACCOUNT_ID,
                "apiId": API_ID,
                "domainName": "localhost",
                "domainPrefix": API_ID,
                "http": {
                    "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                    "userAgent": "local",
                },
                "requestId": random::uuid(),
                "routeKey": route,
                "stage": STAGE,
                "timeEpoch": u64::try_from(clock::now_ms()).unwrap_or(u64::MAX),
            },
            "pathParameters": {},
            "stageVariables": {},
        })
    }

    fn all_headers(&self) -> Map<String, Value> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let all = |name| self.headers.get_all(name).iter().map(text).collect::<Vec<_>>();
        self.headers.keys().map(|name| (name.to_string(), all(name).into())).collect()
    }

    fn last_headers(&self) -> Map<String, Value> {
        let last = |list: &Value| list.as_array().and_then(|list| list.last()).cloned().unwrap_or_default();
        self.all_headers().into_iter().map(|(name, list)| (name, last(&list))).collect()
    }

    fn joined_headers(&self) -> Map<String, Value> {
        let texts = |list: &Value| {
            let texts: Vec<_> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            texts.join(",")
        };
        self.all_headers().into_iter().map(|(name, list)| (name, texts(&list).into())).collect()
    }

    fn query(&self) -> Map<String, Value> {
        let pairs = form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
    }
}
