use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Refusal, TenantId, TenantRule, TenantToken, Verifier, verifier::refused};

/// A tower layer: it verifies the bearer token of each request, and answers itself if the token is refused.
///
/// A verified [`TenantToken`] is in the extensions of the request. With the feature `axum` it is an extractor.
///
/// The token is read from the header `Authorization: Bearer <token>` alone. A request with two such headers is refused, and
/// tokens in cookies or queries are not looked at.
///
/// | Case | Answer |
/// | --- | --- |
/// | no token | 401, `WWW-Authenticate: Bearer realm="api"` |
/// | a required scope is missing | 403, `error="insufficient_scope"` and the scopes that are required |
/// | the keys could not be fetched | 503, `Retry-After: 1` |
/// | every other refusal | 401, `error="invalid_token"`: the caller is not told why |
///
/// The body is `application/problem+json` (RFC 9457) and may not be cached.
#[derive(Debug)]
pub struct TenantLayer<T: TenantRule = TenantId>(Arc<Gate<T>>);

/// What [`TenantLayer`] puts around a service.
#[derive(Debug)]
pub struct TenantService<S, T: TenantRule = TenantId> {
    inner: S,
    gate: Arc<Gate<T>>,
}

struct Gate<T: TenantRule> {
    verifier: Verifier<T>,
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

enum NotLetIn {
    NoToken,
    Refused(Refusal),
}

impl<T: TenantRule> TenantLayer<T> {
    /// A layer around a verifier. The clock is mostly [`SystemTime::now`]:
    ///
    /// ```
    /// # fn run(verifier: tenant_token::Verifier) {
    /// let layer = tenant_token::TenantLayer::new(verifier, std::time::SystemTime::now);
    /// # }
    /// ```
    pub fn new(verifier: Verifier<T>, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(Gate { verifier, clock: Box::new(clock) }))
    }
}

impl<S, T: TenantRule> Layer<S> for TenantLayer<T> {
    type Service = TenantService<S, T>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService { inner, gate: Arc::clone(&self.0) }
    }
}

impl<S, T, B, R> Service<Request<B>> for TenantService<S, T>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    T: TenantRule,
    B: Send + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that was asked whether it is ready goes; a clone of it stays.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let gate = Arc::clone(&self.gate);
        Box::pin(async move {
            match gate.token(request.headers()).await {
                Ok(token) => {
                    request.extensions_mut().insert(token);
                    inner.call(request).await
                }
                Err(why) => Ok(gate.answer(&why).map(R::from)),
            }
        })
    }
}

impl<T: TenantRule> Gate<T> {
    async fn token(&self, headers: &HeaderMap) -> Result<TenantToken<T>, NotLetIn> {
        let token = bearer(headers)?;
        self.verifier.verify(token, (self.clock)()).await.map_err(NotLetIn::Refused)
    }

    fn answer(&self, why: &NotLetIn) -> Response<String> {
        let status = match why {
            NotLetIn::NoToken => 401,
            NotLetIn::Refused(refusal) => refusal.status(),
        };
        let title = match status {
            403 => "Forbidden",
            503 => "Service Unavailable",
            _ => "Unauthorized",
        };
        let body = format!(r#"{{"type":"about:blank","title":"{title}","status":{status}}}"#);
        let mut response = Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::UNAUTHORIZED);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == 503 {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        } else {
            headers.insert(WWW_AUTHENTICATE, self.challenge(why));
        }
        response
    }

    /// RFC 6750, section 3. Scopes have no character that a header cannot have: `Rules` are checked.
    fn challenge(&self, why: &NotLetIn) -> HeaderValue {
        let insufficient = match why {
            NotLetIn::NoToken => return HeaderValue::from_static(r#"Bearer realm="api""#),
            NotLetIn::Refused(Refusal::Scope) => {
                let scopes = self.verifier.required_scopes();
                format!(r#"Bearer realm="api", error="insufficient_scope", scope="{scopes}""#)
            }
            NotLetIn::Refused(_) => {
                return HeaderValue::from_static(r#"Bearer realm="api", error="invalid_token""#);
            }
        };
        HeaderValue::try_from(insufficient)
            .unwrap_or_else(|_| HeaderValue::from_static(r#"Bearer realm="api""#))
    }
}

/// The token of the one `Authorization` header: the scheme in any case, one blank, the token.
fn bearer(headers: &HeaderMap) -> Result<&str, NotLetIn> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(NotLetIn::NoToken)?;
    if values.next().is_some() {
        return Err(NotLetIn::Refused(refused(Refusal::Malformed("authorization header"), None, None)));
    }
    if value.is_empty() {
        return Err(NotLetIn::NoToken);
    }
    let bearer = value.to_str().ok().and_then(|text| text.split_once(' '));
    if let Some((scheme, token)) = bearer
        && scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
    {
        return Ok(token);
    }
    // A caller with another scheme is told no error (RFC 6750, section 3.1). The log has it.
    refused(Refusal::Malformed("authorization header"), None, None);
    Err(NotLetIn::NoToken)
}

impl<T: TenantRule> Clone for TenantLayer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Clone, T: TenantRule> Clone for TenantService<S, T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), gate: Arc::clone(&self.gate) }
    }
}

impl<T: TenantRule> fmt::Debug for Gate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verifier.fmt(f)
    }
}
