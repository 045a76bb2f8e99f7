//! API Gateway: an API with one Lambda authorizer before one backend, as far as the authorizer can tell.
//!
//! The authorizer gets the events that API Gateway sends ([`AuthorizerEvent`]). Its answer is cached by the identity source,
//! and judged for each request: a policy as IAM does it, a simple answer as it is. WebSocket APIs are not imitated.

mod answer;
mod event;
mod policy;
mod server;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::{sync::watch, time::Instant};

pub use self::event::AuthorizerEvent;
use self::{answer::Answer, event::Request, policy::Verdict};
use crate::{DevStack, DevStackError, Invocation, Lambda, serve};

#[derive(Clone, Debug)]
pub struct ApiSettings {
    pub event: AuthorizerEvent,
    /// Name or ARN of the authorizer function.
    pub authorizer: String,
    /// How long an answer of the authorizer is used again, 0 to 3,600 s. API Gateway's default for REST APIs is 300 s.
    pub ttl: Duration,
    /// Base URL of the backend, without a slash at the end. Requests go there with path, headers and body unchanged.
    pub backend: String,
}

/// A running API. Dropping it stops its server.
pub struct Api {
    url: String,
    gateway: Arc<Gateway>,
    shutdown: watch::Sender<bool>,
}

/// Why a request does not reach the backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    /// 401: no identity source, or the authorizer's error `Unauthorized`.
    Unauthorized,
    /// 403: the policy has no statement that allows the request, or the simple answer says no.
    Forbidden,
    /// 403: a statement denies the request.
    Denied,
    /// 500: the authorizer failed, or its answer has a wrong shape.
    Authorizer,
}

struct Gateway {
    settings: ApiSettings,
    region: String,
    lambda: Lambda,
    cache: Mutex<HashMap<String, (Instant, Answer)>>,
    last_context: Mutex<Option<Map<String, Value>>>,
}

impl Api {
    /// Starts an API in front of `settings.backend`.
    ///
    /// # Errors
    ///
    /// [`DevStackError::Listen`] when no port is free.
    pub async fn start(stack: &DevStack, region: &str, settings: ApiSettings) -> Result<Self, DevStackError> {
        let (listener, address) = serve::bind(None).await?;
        let gateway = Arc::new(Gateway {
            settings,
            region: region.to_owned(),
            lambda: stack.lambda().clone(),
            cache: Mutex::default(),
            last_context: Mutex::default(),
        });
        let (shutdown, stopping) = watch::channel(false);
        serve::spawn(listener, server::router(Arc::clone(&gateway)), stopping);
        Ok(Self { url: format!("http://{address}"), gateway, shutdown })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Forgets all cached answers, as API Gateway's `FlushStageAuthorizersCache` does.
    pub fn flush_authorizers_cache(&self) {
        self.gateway.cache().clear();
    }

    /// The context that the authorizer gave to the last request that reached the backend.
    #[must_use]
    pub fn last_context(&self) -> Option<Map<String, Value>> {
        self.gateway.last_context.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gateway {
    /// Decides about one request.
    async fn authorize(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let identity = request.identity_source().ok_or(Refusal::Unauthorized)?;
        let cached = self.cache().get(&identity).filter(|(until, _)| Instant::now() < *until).cloned();
        let answer = match cached {
            Some((_, answer)) => answer,
            None => self.ask(&identity, request).await?,
        };
        match answer.verdict(&request.arn) {
            Verdict::Allowed => {}
            Verdict::NotAllowed => return Err(Refusal::Forbidden),
            Verdict::Denied => return Err(Refusal::Denied),
        }
        *self.last_context.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.context);
        Ok(())
    }

    /// Invokes the authorizer. Its errors are not cached.
    async fn ask(&self, identity: &str, request: &Request<'_>) -> Result<Answer, Refusal> {
        let event = self.settings.event;
        let payload = request.event(event).to_string();
        let invocation = self.lambda.invoke(&self.settings.authorizer, payload).await;
        let reply = match invocation.map_err(|_| Refusal::Authorizer)? {
            Invocation::Ok(reply) => reply,
            // Only APIs that cannot cache by an identity source document this error for HTTP APIs.
            Invocation::FunctionError(error)
                if event.is_of_rest_api() && error.error_message == "Unauthorized" =>
            {
                return Err(Refusal::Unauthorized);
            }
            _ => return Err(Refusal::Authorizer),
        };
        let answer = Answer::read(&reply, event).ok_or(Refusal::Authorizer)?;
        self.cache().insert(identity.to_owned(), (Instant::now() + self.settings.ttl, answer.clone()));
        Ok(answer)
    }

    fn cache(&self) -> MutexGuard<'_, HashMap<String, (Instant, Answer)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shutdown.send_replace(true);
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("url", &self.url).finish_non_exhaustive()
    }
}
