//! The HTML of the pages: no script, no image, one style.

use std::sync::LazyLock;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest;

const STYLE: &str = include_str!("style.css");

/// The style, as a Content-Security-Policy names it.
static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes())));

pub(super) struct Page {
    title: &'static str,
    /// HTML.
    body: String,
    error: Option<String>,
    /// Origin of the app, to which forms lead.
    target: String,
    status: StatusCode,
}

impl Page {
    pub(super) fn new(title: &'static str, body: String) -> Self {
        Self { title, body, error: None, target: String::new(), status: StatusCode::OK }
    }

    /// Shows a text above the form.
    pub(super) fn with_error(self, error: Option<&str>) -> Self {
        Self { error: error.map(str::to_owned), ..self }
    }

    /// Lets forms end at this address of the app.
    pub(super) fn with_target(self, redirect_uri: &str) -> Self {
        Self { target: origin(redirect_uri), ..self }
    }

    pub(super) fn response(self) -> Response {
        let error = self.error.as_deref().map(escape).unwrap_or_default();
        let alert =
            if error.is_empty() { error } else { format!(r#"<p class="error" role="alert">{error}</p>"#) };
        let html = format!(
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{alert}
{body}
</main>
<footer>Local stack, in place of Amazon Cognito managed login.</footer>
</body>
</html>
"#,
            title = self.title,
            body = self.body,
        );
        // Browsers apply `form-action` to the redirects of a form.
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
            *STYLE_HASH, self.target
        );
        let policy = HeaderValue::from_str(&policy)
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (CONTENT_SECURITY_POLICY, policy),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        ];
        (self.status, headers, html).into_response()
    }
}

/// A page that ends the sign-in, because there is nobody to send the browser to.
pub(super) fn error(status: StatusCode, text: &str) -> Response {
    let body = "<p>Go back to the app, and sign in from there.</p>".to_owned();
    let page = Page::new("An error was encountered with the requested page", body);
    Page { status, ..page.with_error(Some(text)) }.response()
}

/// Text as HTML, also within the quotes of an attribute.
pub(super) fn escape(text: &str) -> String {
    let escaped = |letter| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => String::from(other),
    };
    text.chars().map(escaped).collect()
}

/// `https://app.example.com` of an address there; of an app's own scheme, `scheme:`.
fn origin(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return String::new() };
    let host = rest.split(['/', '?', ';', ',', ' ']).next().unwrap_or_default();
    match scheme {
        "http" | "https" => format!("{scheme}://{host}"),
        other => format!("{other}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_an_attribute_or_an_element() {
        assert_eq!(escape(r#""><b a='x'>&"#), "&quot;&gt;&lt;b a=&#39;x&#39;&gt;&amp;");
    }

    #[test]
    fn a_policy_names_the_origin_of_the_app_and_nothing_else() {
        let rows = [
            ("https://app.example.com/callback?a=b", "https://app.example.com"),
            ("http://acme.app.localhost:4000/callback", "http://acme.app.localhost:4000"),
            ("https://app.example.com;script-src *", "https://app.example.com"),
            ("myapp://example", "myapp:"),
            ("none", ""),
        ];
        for (address, expected) in rows {
            assert_eq!(origin(address), expected, "{address}");
        }
    }
}
