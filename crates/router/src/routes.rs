//! The routes of the service.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{RawQuery, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use tenancy::EmailAddress;
use tenancy::ports::StoreError;
use tenancy::route::{Answer, Asked, Directory, FrontHost, find};

use crate::document::{ListDocument, RouteDocument};
use crate::outcome::{Failure, Outcome, Refusal, ended};
use crate::page::{Alert, page};
use crate::service::{Shared, refused, unavailable};

pub(crate) const HEALTH: &str = "/healthz";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const LONGEST_BODY: usize = 1024;
const LONGEST_FORM: usize = 2048;

/// How long caches may keep a tenant's own route.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=60");
/// The default route is kept shorter: the name may become a tenant's.
const CACHED_DEFAULT: HeaderValue = HeaderValue::from_static("public, max-age=10");

type FrontDoor<D> = State<Arc<Shared<D>>>;

pub(crate) fn of<D: Directory + Send + Sync + 'static>(shared: &Arc<Shared<D>>) -> Router {
    let mut routes = Router::new()
        .route("/v1/route", get(route_of_query::<D>).post(route_of_body::<D>).options(preflight))
        .route("/", get(start::<D>))
        .route("/start", post(sent::<D>))
        .route(HEALTH, get(async || StatusCode::NO_CONTENT));
    if shared.config.has_public_list {
        routes = routes.route("/v1/tenants", get(tenants::<D>).options(preflight));
    }
    routes
        .fallback(async || refused(Refusal::NotFound))
        .method_not_allowed_fallback(async || refused(Refusal::Method))
        .with_state(Arc::clone(shared))
}

/// The name of a route in the log line.
pub(crate) fn name(method: &Method, path: &str) -> Option<&'static str> {
    match (method.as_str(), path) {
        ("GET" | "HEAD", "/v1/route") => Some("GET /v1/route"),
        ("POST", "/v1/route") => Some("POST /v1/route"),
        ("GET" | "HEAD", "/v1/tenants") => Some("GET /v1/tenants"),
        ("GET" | "HEAD", "/") => Some("GET /"),
        ("POST", "/start") => Some("POST /start"),
        ("GET" | "HEAD", HEALTH) => Some("GET /healthz"),
        _ => None,
    }
}

async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn route_of_query<D: Directory>(
    State(shared): FrontDoor<D>,
    Extension(host): Extension<FrontHost>,
    RawQuery(query): RawQuery,
) -> Response {
    let is_own_host = matches!(host, FrontHost::Tenant(_));
    let asked = match host {
        FrontHost::Tenant(slug) => Asked::Slug(slug),
        FrontHost::Shared => asked_in(query.as_deref().unwrap_or_default()),
    };
    match find(&asked, &shared.config.default_cell, shared.directory.as_ref()).await {
        Ok(answer) => {
            let name = answer.tenant.as_ref().ok().map(|(_, resident)| resident.name.as_str());
            let name = name.filter(|_| shared.config.shows_name && is_own_host);
            let mut response = described(&shared, &answer, &asked, name);
            response.headers_mut().insert(CACHE_CONTROL, lifetime(&answer));
            response
        }
        Err(error) => failed(&shared, "/v1/route", error),
    }
}

/// The slug of a query; nobody, unless there is exactly one.
fn asked_in(query: &str) -> Asked {
    let mut slugs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "slug");
    match (slugs.next(), slugs.next()) {
        (Some((_, slug)), None) => Asked::code(&slug),
        _ => Asked::Nobody,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    email: Option<String>,
    code: Option<String>,
}

async fn route_of_body<D: Directory>(State(shared): FrontDoor<D>, request: Request) -> Response {
    let body = match body(request, "application/json", LONGEST_BODY).await {
        Ok(body) => body,
        Err(refusal) => return refused(refusal),
    };
    let asked = match serde_json::from_slice(&body) {
        Ok(Wanted { email: Some(email), code: None }) => Asked::email(&email),
        Ok(Wanted { email: None, code: Some(code) }) => Asked::code(&code),
        _ => return refused(Refusal::Body),
    };
    match find(&asked, &shared.config.default_cell, shared.directory.as_ref()).await {
        Ok(answer) => described(&shared, &answer, &asked, None),
        Err(error) => failed(&shared, "/v1/route", error),
    }
}

async fn tenants<D: Directory>(State(shared): FrontDoor<D>) -> Response {
    match shared.directory.listed().await {
        Ok(listed) => {
            let mut response = Json(ListDocument::of(&listed)).into_response();
            response.headers_mut().insert(CACHE_CONTROL, CACHED);
            response
        }
        Err(error) => failed(&shared, "/v1/tenants", error),
    }
}

async fn start<D: Directory>(State(shared): FrontDoor<D>, Extension(host): Extension<FrontHost>) -> Response {
    let config = &shared.config;
    let mut response = match host {
        FrontHost::Tenant(slug) => {
            let asked = Asked::Slug(slug);
            match find(&asked, &config.default_cell, shared.directory.as_ref()).await {
                Ok(answer) => {
                    let mut response = redirected(&shared, &answer, &asked, "");
                    response.headers_mut().insert(CACHE_CONTROL, lifetime(&answer));
                    return response;
                }
                Err(error) => return failed(&shared, "/", error),
            }
        }
        FrontHost::Shared if config.has_public_list => match shared.directory.listed().await {
            Ok(listed) => page(config, &listed, None, ""),
            Err(error) => return failed(&shared, "/", error),
        },
        FrontHost::Shared => page(config, &[], None, ""),
    };
    response.headers_mut().insert(CACHE_CONTROL, CACHED);
    response
}

async fn sent<D: Directory>(State(shared): FrontDoor<D>, request: Request) -> Response {
    if !is_own(request.headers(), shared.is_plain) {
        return refused(Refusal::Origin);
    }
    let form = match body(request, "application/x-www-form-urlencoded", LONGEST_FORM).await {
        Ok(form) => form,
        Err(refusal) => return refused(refusal),
    };
    let mut entries = form_urlencoded::parse(&form).filter(|(name, _)| name == "q");
    let entry = match (entries.next(), entries.next()) {
        (Some((_, entry)), None) => entry.trim().to_owned(),
        _ => String::new(),
    };
    let is_address = entry.contains('@');
    let asked = if is_address { Asked::email(&entry) } else { Asked::code(&entry) };
    // An address without a mail domain, such as `ana@localhost`, is well formed and nobody's.
    let is_well_formed = entry.parse::<EmailAddress>().is_ok() || asked != Asked::Nobody;
    if !is_well_formed {
        let listed = listed_if_any(&shared).await;
        return ended(page(&shared.config, &listed, Some(Alert::Invalid), &entry), Refusal::Entry);
    }
    let hint = if is_address && shared.config.passes_hint { entry.as_str() } else { "" };
    match find(&asked, &shared.config.default_cell, shared.directory.as_ref()).await {
        Ok(answer) => redirected(&shared, &answer, &asked, hint),
        Err(error) => failed(&shared, "/start", error),
    }
}

/// The list for a page with an error; none if it cannot be read.
async fn listed_if_any<D: Directory>(shared: &Shared<D>) -> Vec<tenancy::route::ListedTenant> {
    if !shared.config.has_public_list {
        return Vec::new();
    }
    shared.directory.listed().await.map(|listed| listed.to_vec()).unwrap_or_default()
}

/// Whether a form comes from our own page. Browsers name the origin of the page, except that Chromium and Firefox call it
/// `null` when the page's referrer policy is `no-referrer` (Fetch, "append a request `Origin` header"), as ours is; then
/// `Sec-Fetch-Site` has to say it, which no page can set. Other clients name no origin.
fn is_own(headers: &HeaderMap, is_plain: bool) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (origin, host) = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => (origin.to_str(), headers.get(HOST).map(HeaderValue::to_str)),
        (Some(_), Some(_)) => return false,
    };
    let (Ok(origin), Some(Ok(host))) = (origin, host) else { return false };
    if origin == "null" {
        return headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin");
    }
    let of = |scheme: &str| {
        origin.strip_prefix(scheme).is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    of("https://") || (is_plain && of("http://"))
}

/// The body of a request, if it has this type and at most so many bytes.
async fn body(request: Request, media_type: &str, most: usize) -> Result<Vec<u8>, Refusal> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    if !given.eq_ignore_ascii_case(media_type) {
        return Err(Refusal::ContentType);
    }
    let bytes = to_bytes(request.into_body(), most).await;
    bytes.map(Vec::from).map_err(|_| Refusal::TooLarge)
}

fn login<'a, D>(shared: &'a Shared<D>, answer: &'a Answer, asked: &'a Asked) -> Cow<'a, str> {
    match answer.own_login(asked) {
        Some(slug) => shared.config.app_login.of(slug).into(),
        None => shared.config.default_login.as_str().into(),
    }
}

fn described<D>(shared: &Shared<D>, answer: &Answer, asked: &Asked, name: Option<&str>) -> Response {
    let login = login(shared, answer, asked);
    let document = RouteDocument::of(answer, &login, name);
    ended(Json(document).into_response(), Outcome::from(answer))
}

/// 303 to the login of the app. The address comes from the settings, with a slug at most; `hint` goes into the fragment, which
/// reaches no server and no log.
fn redirected<D>(shared: &Shared<D>, answer: &Answer, asked: &Asked, hint: &str) -> Response {
    let mut target = login(shared, answer, asked).into_owned();
    if !hint.is_empty() {
        target.push_str("#login_hint=");
        for byte in hint.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                target.push(char::from(byte));
            } else {
                // Writing to a text cannot fail.
                let _ = write!(target, "%{byte:02X}");
            }
        }
    }
    // Printable ASCII throughout, so this is a header.
    let target = HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("/"));
    ended((StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response(), Outcome::from(answer))
}

fn lifetime(answer: &Answer) -> HeaderValue {
    if answer.is_default { CACHED_DEFAULT } else { CACHED }
}

fn failed<D>(shared: &Shared<D>, path: &str, error: StoreError) -> Response {
    unavailable(&shared.config, path, &Failure::Store(error))
}
