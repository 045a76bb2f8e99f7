//! The hosts of the front door: one for everybody, and one for each tenant.

use std::str::FromStr;

use crate::text::bytes_fit;
use crate::{InvalidText, Slug};

const INVALID: InvalidText =
    InvalidText { what: "host suffix", rule: "a host name of two labels or more, such as app.example.com" };

/// Longest host name (RFC 1035, section 2.3.4).
const MAX_BYTES: usize = 253;

/// The host of the front door, such as `app.example.com`. Tenants have hosts one label below it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostSuffix(String);

/// A host of the front door.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FrontHost {
    /// The host for everybody.
    Shared,
    /// The host of the tenant with this slug, whether or not it exists.
    Tenant(Slug),
}

impl HostSuffix {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the host of a request, with or without a port. `None`: it is not a host of the front door.
    #[must_use]
    pub fn read(&self, raw: &str) -> Option<FrontHost> {
        let host = host_name(without_port(raw)?)?;
        if host == self.0 {
            return Some(FrontHost::Shared);
        }
        let label = host.strip_suffix(&self.0)?.strip_suffix('.')?;
        label.parse().ok().map(FrontHost::Tenant)
    }
}

impl FromStr for HostSuffix {
    type Err = InvalidText;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let host = host_name(raw.trim()).ok_or(INVALID)?;
        let last = host.rsplit('.').next().unwrap_or_default();
        // A last label of digits makes an IPv4 address of a host (WHATWG URL, section 3.5).
        let is_address = last.bytes().all(|b| b.is_ascii_digit());
        if host.contains('.') && !is_address { Ok(Self(host)) } else { Err(INVALID) }
    }
}

fn without_port(raw: &str) -> Option<&str> {
    match raw.split_once(':') {
        None => Some(raw),
        Some((host, port)) => bytes_fit(port, 0, 5, |b| b.is_ascii_digit()).then_some(host),
    }
}

/// A host name in lower case and ASCII (IDNA), without the dot of the root.
fn host_name(raw: &str) -> Option<String> {
    if raw.len() > MAX_BYTES * 4 {
        return None;
    }
    let ascii = idna::domain_to_ascii(raw).ok()?;
    let host = ascii.strip_suffix('.').unwrap_or(&ascii);
    let is_label = |label: &str| {
        bytes_fit(label, 1, 63, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (host.len() <= MAX_BYTES && host.split('.').all(is_label)).then(|| host.to_owned())
}
