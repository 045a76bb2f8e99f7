//! What a CDN would do: the files of the app, and the router behind the same hosts.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{
        HeaderValue, Request, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// Path, type, content. The page is the same for all addresses of the app.
const FILES: [(&str, &str, &str); 6] = [
    ("/login", "text/html; charset=utf-8", PAGE),
    ("/callback", "text/html; charset=utf-8", PAGE),
    ("/app", "text/html; charset=utf-8", PAGE),
    ("/signed-out", "text/html; charset=utf-8", PAGE),
    ("/app.js", "text/javascript; charset=utf-8", include_str!("../../../../examples/web-app/app.js")),
    ("/app.css", "text/css; charset=utf-8", include_str!("../../../../examples/web-app/app.css")),
];
const PAGE: &str = include_str!("../../../../examples/web-app/index.html");

#[derive(Clone)]
struct Behind {
    url: String,
    client: Client<HttpConnector, Body>,
}

/// Serves the app, which may call the login pages at `login_urls`, and sends all other requests to the router.
pub(super) fn router(router_url: &str, login_urls: &[String]) -> Router {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' {}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        login_urls.join(" ")
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let app = FILES.into_iter().fold(Router::new(), |app, (path, media_type, content)| {
        let policy = policy.clone();
        app.route(path, get(async move || file(media_type, content, policy)))
    });
    app.fallback(pass_on).with_state(Behind { url: router_url.to_owned(), client })
}

fn file(media_type: &'static str, content: &'static str, policy: HeaderValue) -> Response {
    let fixed = |value| HeaderValue::from_static(value);
    let headers = [
        (CONTENT_TYPE, fixed(media_type)),
        (CACHE_CONTROL, fixed("no-cache")),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, fixed("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    ];
    (headers, content).into_response()
}

/// With the host that the browser has sent, which is how the router finds the tenant.
async fn pass_on(State(behind): State<Behind>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("{}{target}", behind.url).parse::<Uri>() else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    parts.uri = uri;
    parts.headers.remove(CONNECTION);
    match behind.client.request(Request::from_parts(parts, body)).await {
        Ok(response) => response.into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
