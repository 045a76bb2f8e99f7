//! The headers of every answer.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::page::STYLE;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The content security policy. A form may be redirected only to the app: browsers apply `form-action` to redirects too.
pub(crate) fn policy(config: &Config) -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let (app, default) = (config.app_login.origin(), config.default_login.origin());
    let targets = if app == default { app.to_owned() } else { format!("{app} {default}") };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self' {targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    // Origins are printable ASCII, so this is a header.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Adds what every answer has. An answer that says nothing about caches is not stored.
pub(crate) fn secure(headers: &mut HeaderMap, policy: &HeaderValue) {
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    let fixed = [
        (STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (VARY, "Origin, Host"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
}

/// Lets scripts of an allowed origin read the answer. Others get the same answer without these headers.
pub(crate) fn allow_origin(headers: &mut HeaderMap, origin: Option<&HeaderValue>, config: &Config) {
    let admits = |origin: &&HeaderValue| {
        origin.to_str().is_ok_and(|origin| config.origins.iter().any(|allowed| allowed.admits(origin)))
    };
    if let Some(origin) = origin.filter(admits) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
}

/// What a preflight from an allowed origin is told.
pub(crate) fn allow_requests(headers: &mut HeaderMap) {
    let fixed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
}
