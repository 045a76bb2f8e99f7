//! The origins whose scripts may read routes: `ALLOWED_ORIGINS`.

use std::str::FromStr;

use crate::login_url::is_host;

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AllowedOrigin {
    Exact(String),
    /// `https://*.<suffix>`: one label before the suffix, which begins with its dot.
    OneLabel(String),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("has an entry that is not an origin such as https://app.example.com or https://*.app.example.com")]
pub struct NotAnOrigin;

impl AllowedOrigin {
    /// Whether a header `Origin` names this origin. Browsers send it in lower case, without a default port.
    #[must_use]
    pub fn admits(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == origin,
            Self::OneLabel(suffix) => origin
                .strip_prefix("https://")
                .and_then(|host| host.strip_suffix(suffix.as_str()))
                .is_some_and(|label| !label.contains('.') && is_host(label)),
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = NotAnOrigin;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let (scheme, authority) = raw.split_once("://").ok_or(NotAnOrigin)?;
        let is_scheme = scheme.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
        let (host, port) =
            authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let is_port =
            port.is_none_or(|port| port.len() <= 5 && port.parse::<u16>().is_ok_and(|port| port > 0));
        if let Some(suffix) = host.strip_prefix("*.") {
            let fits = scheme == "https" && is_host(suffix) && suffix.contains('.') && is_port;
            return if fits {
                Ok(Self::OneLabel(format!(".{}", authority.trim_start_matches("*."))))
            } else {
                Err(NotAnOrigin)
            };
        }
        if is_scheme && is_host(host) && is_port { Ok(Self::Exact(raw.to_owned())) } else { Err(NotAnOrigin) }
    }
}
