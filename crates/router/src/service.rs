//! A request from its host to its answer: what holds for all routes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HOST, HeaderValue, ORIGIN, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use function::in_time;
use function::metrics::Costs;
use lambda_http::Service as _;
use tenancy::route::{Directory, FrontHost};
use tokio::time::Instant;

use crate::config::Config;
use crate::headers;
use crate::outcome::{Failure, Outcome, Refusal, ended};
use crate::page::{Alert, page};
use crate::problem::problem;
use crate::report::Ended;
use crate::routes;

/// Time limit of a request. The caller waits for it.
pub(crate) const BUDGET: Duration = Duration::from_secs(3);

/// The front door. It is built from its ports, so that tests run it on others.
pub struct FrontDoor<D> {
    pub(crate) shared: Arc<Shared<D>>,
    routes: Router,
    policy: HeaderValue,
    /// `Function` of the metrics: the name of the Lambda function.
    pub(crate) name: String,
    pub(crate) clock: fn() -> SystemTime,
    /// The figures since they were last taken. Called once, after every request.
    pub(crate) costs: Box<dyn Fn() -> Costs + Send + Sync>,
}

/// What the handlers share.
pub(crate) struct Shared<D> {
    pub(crate) config: Config,
    pub(crate) directory: Arc<D>,
    /// Whether the service itself is reached over http, so that its start page has such an origin.
    pub(crate) is_plain: bool,
}

/// What is known of a request before it is read.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub request_id: &'a str,
    pub is_cold_start: bool,
    pub began: Instant,
    /// When the answer must be ready.
    pub deadline: Instant,
}

/// A finished request, before its log line.
#[derive(Debug)]
pub struct Concluded {
    pub response: Response,
    pub outcome: Outcome,
    /// The route of the service, such as `POST /start`; `None` if there is none.
    pub route: Option<&'static str>,
}

impl<D: Directory + Send + Sync + 'static> FrontDoor<D> {
    /// `is_plain`: the service itself is reached over http.
    pub fn new(
        config: Config,
        directory: Arc<D>,
        is_plain: bool,
        name: String,
        clock: fn() -> SystemTime,
        costs: impl Fn() -> Costs + Send + Sync + 'static,
    ) -> Self {
        let policy = headers::policy(&config);
        let shared = Arc::new(Shared { config, directory, is_plain });
        Self { routes: routes::of(&shared), shared, policy, name, clock, costs: Box::new(costs) }
    }

    /// Answers a request, and prints its log line.
    pub async fn answer(&self, request: Request, incoming: Incoming<'_>) -> Response {
        let Concluded { response, outcome, route } = self.conclude(request, incoming.deadline).await;
        self.report(&outcome, route, response.status(), incoming);
        response
    }

    /// Answers a request by `deadline`. A panic ends the request, not the process.
    pub async fn conclude(&self, request: Request, deadline: Instant) -> Concluded {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let origin = request.headers().get(ORIGIN).cloned();
        let mut response = match in_time(deadline, Box::pin(self.route(request))).await {
            Ok(response) => response,
            Err(broken) => unavailable(&self.shared.config, &path, &Failure::Broken(broken)),
        };
        if path.starts_with("/v1/") {
            headers::allow_origin(response.headers_mut(), origin.as_ref(), &self.shared.config);
            let is_allowed = response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
            if method == Method::OPTIONS && is_allowed && response.status() == StatusCode::NO_CONTENT {
                headers::allow_requests(response.headers_mut());
            }
        }
        headers::secure(response.headers_mut(), &self.policy);
        let outcome = response.extensions_mut().remove::<Outcome>().unwrap_or_default();
        Concluded { response, outcome, route: routes::name(&method, &path) }
    }

    pub(crate) fn report(
        &self,
        outcome: &Outcome,
        route: Option<&'static str>,
        status: StatusCode,
        incoming: Incoming<'_>,
    ) {
        let Incoming { request_id, is_cold_start, began, .. } = incoming;
        let costs = (self.costs)();
        costs.warn_if_stale(request_id, outcome.tenant.as_ref().map(tenancy::TenantId::as_str));
        let (function, status) = (self.name.as_str(), status.as_str());
        Ended { function, request_id, is_cold_start, began, outcome, route, status, costs }
            .print((self.clock)());
    }

    async fn route(&self, mut request: Request) -> Response {
        match self.host(&request) {
            Some(host) => drop(request.extensions_mut().insert(host)),
            // A probe of a load balancer does not know the host.
            None if request.uri().path() == routes::HEALTH => {}
            None => return refused(Refusal::Host),
        }
        let answer: Result<Response, Infallible> = self.routes.clone().call(request).await;
        answer.unwrap_or_else(|never| match never {})
    }

    /// The host of the request. A request that names two is refused.
    fn host(&self, request: &Request) -> Option<FrontHost> {
        let mut named = request.headers().get_all(HOST).iter();
        let host = named.next()?;
        if named.next().is_some() {
            return None;
        }
        let host = std::str::from_utf8(host.as_bytes()).ok()?;
        let is_repeated = request.uri().authority().is_none_or(|authority| {
            self.shared.config.hosts.read(authority.as_str()) == self.shared.config.hosts.read(host)
        });
        self.shared.config.hosts.read(host).filter(|_| is_repeated)
    }
}

pub(crate) fn refused(refusal: Refusal) -> Response {
    ended(problem(refusal.status(), refusal.detail()), refusal)
}

/// 503: a page for people, else a problem document.
pub(crate) fn unavailable(config: &Config, path: &str, failure: &Failure) -> Response {
    let mut response = if matches!(path, "/" | "/start") {
        page(config, &[], Some(Alert::Unavailable), "")
    } else {
        problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "Nothing could be looked up right now. Try again in a moment.",
        )
    };
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    ended(response, failure)
}
