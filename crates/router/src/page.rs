//! The start page: one form, no script, no image, no font. Escaped by construction (`templates/start.html`).

use askama::Template;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tenancy::route::ListedTenant;

use crate::config::Config;
use crate::login_url::FixedUrl;
use crate::texts::{ENGLISH, Texts};

/// The style of the page. The content security policy has its hash.
pub(crate) const STYLE: &str = include_str!("../templates/start.css");

/// Most characters of an entry that are shown again.
const LONGEST_ENTRY: usize = 254;

/// What the page tells above the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Alert {
    Invalid,
    Unavailable,
}

#[derive(Template)]
#[template(path = "start.html")]
struct Start<'a> {
    texts: &'static Texts,
    style: &'static str,
    brand: &'a str,
    alert: Option<&'static str>,
    is_invalid: bool,
    entered: &'a str,
    links: Vec<Link<'a>>,
    support: Option<&'a str>,
}

struct Link<'a> {
    name: &'a str,
    href: String,
}

/// The page. `entered` is what the user sent with a form that has an error.
pub(crate) fn page(
    config: &Config,
    listed: &[ListedTenant],
    alert: Option<Alert>,
    entered: &str,
) -> Response {
    let texts = &ENGLISH;
    let status = match alert {
        None => StatusCode::OK,
        Some(Alert::Invalid) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(Alert::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut links: Vec<Link<'_>> = listed
        .iter()
        .map(|tenant| Link { name: tenant.name.as_str(), href: config.app_login.of(&tenant.slug) })
        .collect();
    links.sort_by_cached_key(|link| (link.name.to_lowercase(), link.href.clone()));
    let end = entered.char_indices().nth(LONGEST_ENTRY).map_or(entered.len(), |(at, _)| at);
    let start = Start {
        texts,
        style: STYLE,
        brand: &config.brand,
        alert: alert.map(|alert| match alert {
            Alert::Invalid => texts.invalid,
            Alert::Unavailable => texts.unavailable,
        }),
        is_invalid: alert == Some(Alert::Invalid),
        entered: entered.get(..end).unwrap_or_default(),
        links,
        support: config.support.as_ref().map(FixedUrl::as_str),
    };
    // Texts under a fixed template: rendering them cannot fail.
    let html = start.render().unwrap_or_default();
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}
