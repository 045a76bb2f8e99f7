//! A browser's request: which pool's domain it is for, its query and its cookies.

use std::collections::HashMap;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{COOKIE, HOST, SET_COOKIE},
        request::Parts,
    },
    response::Response,
};

use super::{
    super::service::Cognito,
    SUFFIX,
    page::{self, Page},
};
use crate::random;

/// The cookie that a form has to repeat.
const CSRF_COOKIE: &str = "XSRF-TOKEN";
/// The name of that field.
const CSRF_FIELD: &str = "_csrf";

pub(super) struct Visit {
    pub(super) cognito: Cognito,
    pub(super) pool_id: String,
    /// As it was sent, in percent-encoding.
    pub(super) query: String,
    cookies: HashMap<String, String>,
    /// The value that forms of this browser repeat.
    csrf: String,
    /// Values of `Set-Cookie` for the answer.
    set_cookies: Vec<String>,
}

impl FromRequestParts<Cognito> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, cognito: &Cognito) -> Result<Self, Response> {
        let no_pool = || page::error(StatusCode::NOT_FOUND, "No user pool has this domain.");
        let pool_id = pool_of_host(cognito, &parts.headers).ok_or_else(no_pool)?;
        let cookies = cookies(&parts.headers);
        let csrf = cookies.get(CSRF_COOKIE).cloned().unwrap_or_else(random::uuid);
        let set_cookies = vec![cookie(CSRF_COOKIE, &csrf, None)];
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { cognito: cognito.clone(), pool_id, query, cookies, csrf, set_cookies })
    }
}

impl Visit {
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie that lives so long; 0 removes it.
    pub(super) fn set_cookie(&mut self, name: &str, value: &str, seconds: u64) {
        self.set_cookies.push(cookie(name, value, Some(seconds)));
    }

    /// Reads a form, if it comes from a page of this browser.
    pub(super) fn form(&self, body: &[u8]) -> Result<HashMap<String, String>, Box<Response>> {
        let form = crate::form::parse(body);
        let from_page = self.cookie(CSRF_COOKIE).is_some() && form.get(CSRF_FIELD) == Some(&self.csrf);
        if from_page {
            return Ok(form);
        }
        let text = "The form is too old, or came from another site. Go back and try again.";
        Err(Box::new(page::error(StatusCode::FORBIDDEN, text)))
    }

    /// The hidden field for [`Visit::form`].
    pub(super) fn csrf_field(&self) -> String {
        format!(r#"<input type="hidden" name="{CSRF_FIELD}" value="{}">"#, page::escape(&self.csrf))
    }

    pub(super) fn page(&self, page: Page) -> Response {
        self.with_cookies(page.response())
    }

    pub(super) fn with_cookies(&self, mut response: Response) -> Response {
        for cookie in &self.set_cookies {
            if let Ok(value) = HeaderValue::from_str(cookie) {
                response.headers_mut().append(SET_COOKIE, value);
            }
        }
        response
    }
}

/// The pool whose domain a request is for.
pub(in super::super) fn pool_of_host(cognito: &Cognito, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?.to_ascii_lowercase();
    let name = host.split_once(':').map_or(host.as_str(), |(name, _)| name);
    let prefix = name.strip_suffix(SUFFIX)?;
    let pools = cognito.lock_pools();
    let found = pools.values().find(|pool| pool.text("Domain") == Some(prefix));
    found.map(|pool| pool.id.clone())
}

fn cookies(headers: &HeaderMap) -> HashMap<String, String> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = sent.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Without `Secure`, which some browsers refuse on `http`.
fn cookie(name: &str, value: &str, seconds: Option<u64>) -> String {
    let life = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{life}")
}
