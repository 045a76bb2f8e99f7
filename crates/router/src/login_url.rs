//! The two addresses of the app that people are sent to, from the settings. Nothing of a request but a valid slug gets in.

use std::str::FromStr;

use tenancy::Slug;

const PLACEHOLDER: &str = "{slug}";

/// Where a tenant's users sign in: `APP_LOGIN_URL`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AppLoginUrl {
    before: String,
    /// What follows the slug; `None` if the address is the same for all tenants.
    after: Option<String>,
    origin: String,
}

/// Where everybody else signs in: `DEFAULT_LOGIN_URL`; and `SUPPORT_URL`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FixedUrl {
    url: String,
    origin: String,
}

/// Why an address is refused, in words that follow the name of its setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UrlFault {
    #[error("must be an https address (http only to a loopback host)")]
    Scheme,
    #[error("must be an address such as https://app.example.com/login, without user, query and fragment")]
    Malformed,
    #[error(
        "can have `{{slug}}` once, in the first label of the host or in a segment of the path, and no other braces"
    )]
    Placeholder,
}

impl AppLoginUrl {
    #[must_use]
    pub fn of(&self, slug: &Slug) -> String {
        match &self.after {
            Some(after) => format!("{}{slug}{after}", self.before),
            None => self.before.clone(),
        }
    }

    /// The origin, with `*` for the label of the host that has the slug, as a content security policy takes it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl FromStr for AppLoginUrl {
    type Err = UrlFault;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        let (before, after) = match raw.split_once(PLACEHOLDER) {
            Some((before, after)) => (before, Some(after)),
            None => (raw, None),
        };
        if before.contains(['{', '}']) || after.is_some_and(|after| after.contains(['{', '}'])) {
            return Err(UrlFault::Placeholder);
        }
        let filled = after.map_or_else(|| before.to_owned(), |after| format!("{before}slug{after}"));
        let FixedUrl { origin, .. } = filled.parse()?;
        let (scheme, rest) = before.split_once("://").unwrap_or_default();
        let is_in_host = after.is_some() && !rest.contains('/');
        if !is_in_host {
            return Ok(Self { before: before.to_owned(), after: after.map(str::to_owned), origin });
        }
        let (label, parents) = origin_host(&origin).split_once('.').ok_or(UrlFault::Placeholder)?;
        // The slug is in the first label, whole or with something before or behind it.
        if rest.contains('.') || !label.contains("slug") {
            return Err(UrlFault::Placeholder);
        }
        let origin = format!("{scheme}://*.{parents}");
        Ok(Self { before: before.to_owned(), after: after.map(str::to_owned), origin })
    }
}

impl FixedUrl {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl FromStr for FixedUrl {
    type Err = UrlFault;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        if raw.contains(['{', '}']) {
            return Err(UrlFault::Placeholder);
        }
        let (scheme, rest) = raw.split_once("://").ok_or(UrlFault::Scheme)?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) =
            authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let is_path = path.bytes().all(|b| {
            b.is_ascii_graphic()
                && !matches!(b, b'?' | b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'|')
        });
        let is_port = port.is_none_or(|port| {
            (1..=5).contains(&port.len()) && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !is_host(host) || !is_path || !is_port || path.starts_with("//") {
            return Err(UrlFault::Malformed);
        }
        if scheme != "https" && !(scheme == "http" && is_loopback(host)) {
            return Err(UrlFault::Scheme);
        }
        Ok(Self { url: raw.to_owned(), origin: format!("{scheme}://{authority}") })
    }
}

fn origin_host(origin: &str) -> &str {
    origin.split_once("://").map_or("", |(_, host)| host)
}

/// A host name in lower case.
pub(crate) fn is_host(raw: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    raw.len() <= 253 && raw.split('.').all(is_label)
}

pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1"
}
