//! Cells: user pools that tenants are spread over, and the place of a tenant among them.

use crate::text::{bytes_fit, text_type};
use crate::{ClientId, PoolId, ProviderName, TenantTier};

text_type! {
    /// Name of a cell, such as `shared-1`: 1 to 40 bytes of `a-z`, `0-9` and `-`. It never changes.
    CellName, "cell name", "1 to 40 of a-z, 0-9 and -", |raw| bytes_fit(raw, 1, 40, is_label_byte)
}

text_type! {
    /// An AWS Region, such as `eu-west-1`: 1 to 32 bytes of `a-z`, `0-9` and `-`.
    Region, "Region", "1 to 32 of a-z, 0-9 and -", |raw| bytes_fit(raw, 1, 32, is_label_byte)
}

text_type! {
    /// The host of a pool's managed login, such as `login.example.com`: lower case, two labels or more, at most 253 bytes.
    /// A host of the loopback interface, which local stacks use, has a port: `shared-1.localhost:4566`.
    LoginDomain, "login domain", "a host name in lower case, or localhost with a port", is_login_domain
}

text_type! {
    /// The `iss` of a pool's tokens: `https`, or `http` for a local stack; at most 255 bytes without query and fragment.
    Issuer, "issuer", "an https address of at most 255 bytes without query and fragment",
    |raw| (raw.starts_with("https://") || raw.starts_with("http://"))
        && bytes_fit(raw, 1, 255, |b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'"' | b'\\' | b'<' | b'>'))
}

text_type! {
    /// An OAuth scope that a sign-in asks for: 1 to 256 printable ASCII characters without blanks, `"` and `\` (RFC 6749,
    /// section 3.3).
    Scope, "scope", "1 to 256 printable ASCII characters without blanks, quotes and backslashes",
    |raw| bytes_fit(raw, 1, 256, |b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}

/// The largest capacity of a cell.
pub const MAX_CAPACITY: u32 = 100_000;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CellStatus {
    /// Serves its tenants and takes new ones.
    Open,
    /// Serves its tenants and takes no new ones.
    Draining,
    /// Has no tenants and serves nothing.
    Closed,
}

impl CellStatus {
    pub const ALL: [Self; 3] = [Self::Open, Self::Draining, Self::Closed];

    /// The name in the table and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Draining => "draining",
            Self::Closed => "closed",
        }
    }
}

/// A user pool with its managed login, and the tenants that it has room for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    pub name: CellName,
    pub pool: PoolId,
    pub region: Region,
    pub status: CellStatus,
    /// Tenants that fit in: 0 to [`MAX_CAPACITY`].
    pub capacity: u32,
    /// Tenants that live here. It is counted in the transaction that places a tenant.
    pub tenants: u32,
    /// The tiers that the cell takes. If empty, it takes all.
    pub tiers: Vec<TenantTier>,
    /// The app client that tenants without a client of their own share.
    pub client: Option<ClientId>,
    pub domain: LoginDomain,
    /// `None`: the issuer that Cognito gives a pool of this Region.
    pub issuer: Option<Issuer>,
    /// If empty, a sign-in asks for `openid` and `email`.
    pub scopes: Vec<Scope>,
}

/// Where a tenant lives, and how its users are sent there. Routing reads it; a token does not depend on it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// `None`: the default cell.
    pub cell: Option<CellName>,
    /// The tenant's own app client. `None`: the cell's.
    pub client: Option<ClientId>,
    /// The identity provider that the tenant's users are sent to.
    pub provider: Option<ProviderName>,
    /// Whether the tenant is in the public list.
    pub is_listed: bool,
}

impl LoginDomain {
    /// The address in front of `/oauth2/authorize`.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.as_str().contains(':') { "http" } else { "https" };
        format!("{scheme}://{self}")
    }
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn is_login_domain(raw: &str) -> bool {
    let (host, port) = raw.split_once(':').map_or((raw, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        bytes_fit(label, 1, 63, is_label_byte) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_host = raw.len() <= 253 && host.split('.').all(is_label);
    let is_local = host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1";
    match port {
        None => is_host && host.contains('.') && !is_local,
        Some(port) => is_host && is_local && bytes_fit(port, 1, 5, |b| b.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_domain_is_a_host_or_a_local_host_with_its_port() {
        let rows = [
            ("login.example.com", Some("https://login.example.com")),
            ("acme.auth.eu-west-1.amazoncognito.com", Some("https://acme.auth.eu-west-1.amazoncognito.com")),
            ("shared-1.localhost:4566", Some("http://shared-1.localhost:4566")),
            ("127.0.0.1:80", Some("http://127.0.0.1:80")),
            ("localhost:80", Some("http://localhost:80")),
            ("localhost", None),
            ("login", None),
            ("login.example.com:443", None),
            ("Login.example.com", None),
            ("login.example.com/x", None),
            ("login.example.com@evil.example", None),
            ("-login.example.com", None),
            ("login..example.com", None),
            ("login.example.com.", None),
            ("localhost:", None),
            ("localhost:123456", None),
            ("", None),
        ];

        for (raw, origin) in rows {
            let domain = raw.parse::<LoginDomain>().ok();
            assert_eq!(domain.map(|domain| domain.origin()).as_deref(), origin, "{raw:?}");
        }
    }
}
