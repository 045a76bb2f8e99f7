use std::{fmt, net::IpAddr};

/// Where Cognito has the keys of an issuer, below its URL (developer guide, "Verifying JSON web tokens").
const KEYS_PATH: &str = "/.well-known/jwks.json";

/// The form of `iss` in a pool's tokens (API reference, `IssuerConfigurationType`).
///
/// A pool has one of the two at a time. Accept [`Both`](Self::Both) while you change a pool from one to the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IssuerForm {
    /// `https://cognito-idp.<region>.amazonaws.com/<pool>`: every pool, unless its issuer was changed.
    Original,
    /// `https://issuer-cognito-idp.<region>.amazonaws.com/<pool>`: pools with `IssuerConfiguration` `UPDATED`, and pools
    /// that are replicated to a second Region.
    Updated,
    /// Both.
    Both,
}

/// A user pool whose tokens are accepted: the exact `iss`, and where its keys are.
///
/// ```
/// use tenant_token::{Issuer, IssuerForm};
///
/// let issuers = Issuer::of_pool("eu-west-1_AbCdEf123", IssuerForm::Original)?;
/// assert_eq!(issuers[0].url(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123");
/// assert_eq!(issuers[0].pool_id(), "eu-west-1_AbCdEf123");
/// # Ok::<(), tenant_token::InvalidIssuer>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issuer {
    url: String,
    pool_id: String,
    keys_url: JwksUrl,
}

/// An issuer or its keys' URL is malformed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidIssuer {
    /// A pool id has the form `<region>_<name>`, at most 55 of `A-Z a-z 0-9 _ -`.
    #[error("`{0}` is not a user pool id such as eu-west-1_AbCdEf123")]
    PoolId(String),
    /// A URL is `https://<host>/<pool id>`. `http` is for loopback addresses only. It has no query, no fragment and no user.
    #[error("`{0}` is not an https URL without a slash at its end (http is for loopback addresses only)")]
    Url(String),
}

impl Issuer {
    /// The issuers of a user pool, one or two of them, by the pool's id.
    ///
    /// The id begins with the Region. In the Regions of China the domain is `amazonaws.com.cn`. For the original issuer of a
    /// pool that is replicated (its `iss` names the Region that issued the token), use [`of_url`](Self::of_url).
    ///
    /// # Errors
    ///
    /// [`InvalidIssuer::PoolId`].
    pub fn of_pool(pool_id: &str, form: IssuerForm) -> Result<Vec<Self>, InvalidIssuer> {
        let invalid = || InvalidIssuer::PoolId(pool_id.to_owned());
        let (region, name) = pool_id.split_once('_').ok_or_else(invalid)?;
        let region_fits = region.contains('-')
            && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let name_fits = !name.is_empty() && name.bytes().all(is_pool_byte) && pool_id.len() <= 55;
        if !(region_fits && name_fits) {
            return Err(invalid());
        }
        let hosts: &[&str] = match form {
            IssuerForm::Original => &["cognito-idp"],
            IssuerForm::Updated => &["issuer-cognito-idp"],
            IssuerForm::Both => &["cognito-idp", "issuer-cognito-idp"],
        };
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        hosts
            .iter()
            .map(|host| Self::of_url(&format!("https://{host}.{region}.{domain}/{pool_id}")))
            .collect()
    }

    /// An issuer by the exact text of `iss`, such as that of the local stack (`cargo dev-stack` prints it).
    ///
    /// The last part of the path is the pool id. The keys are at `<url>/.well-known/jwks.json`.
    ///
    /// # Errors
    ///
    /// [`InvalidIssuer::Url`] for a URL that ends in `/`, or is neither `https` nor `http` to a loopback address;
    /// [`InvalidIssuer::PoolId`] for a path that does not end in a pool id.
    pub fn of_url(url: &str) -> Result<Self, InvalidIssuer> {
        let keys_url =
            JwksUrl::new(&format!("{url}{KEYS_PATH}")).ok_or_else(|| InvalidIssuer::Url(url.to_owned()))?;
        if url.ends_with('/') {
            return Err(InvalidIssuer::Url(url.to_owned()));
        }
        let pool_id = url.rsplit_once('/').map_or("", |(_, last)| last);
        if !(1..=55).contains(&pool_id.len()) || !pool_id.bytes().all(is_pool_byte) {
            return Err(InvalidIssuer::PoolId(pool_id.to_owned()));
        }
        Ok(Self { url: url.to_owned(), pool_id: pool_id.to_owned(), keys_url })
    }

    /// Takes the keys from another place than the issuer's URL: a mirror, or an emulator whose tokens name AWS as issuer.
    ///
    /// Whoever controls this URL can sign tokens that are accepted.
    ///
    /// # Errors
    ///
    /// [`InvalidIssuer::Url`], as for [`of_url`](Self::of_url).
    pub fn with_keys_from(mut self, url: &str) -> Result<Self, InvalidIssuer> {
        self.keys_url = JwksUrl::new(url).ok_or_else(|| InvalidIssuer::Url(url.to_owned()))?;
        Ok(self)
    }

    /// The text that `iss` must be equal to, byte for byte.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of the user pool.
    #[must_use]
    pub fn pool_id(&self) -> &str {
        &self.pool_id
    }

    /// Where the keys are.
    #[must_use]
    pub fn keys_url(&self) -> &JwksUrl {
        &self.keys_url
    }
}

/// The URL of a key set: `https`, or `http` to a loopback address.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct JwksUrl(String);

impl JwksUrl {
    fn new(url: &str) -> Option<Self> {
        let rest = match url.strip_prefix("https://") {
            Some(rest) => rest,
            None => url.strip_prefix("http://").filter(|rest| is_loopback(rest))?,
        };
        let (host, path) = rest.split_once('/')?;
        let host_fits =
            host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
        let path_fits =
            path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b'~'));
        (!host.is_empty() && host_fits && path_fits).then(|| Self(url.to_owned()))
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JwksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(after_scheme: &str) -> bool {
    let authority = after_scheme.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_pool_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_has_the_issuers_that_aws_documents() {
        let urls = |form| {
            let issuers = Issuer::of_pool("us-gov-west-1_AbC", form).unwrap();
            issuers.iter().map(|issuer| issuer.url().to_owned()).collect::<Vec<_>>()
        };

        assert_eq!(
            urls(IssuerForm::Original),
            ["https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbC"]
        );
        assert_eq!(
            urls(IssuerForm::Both),
            [
                "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbC",
                "https://issuer-cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbC"
            ]
        );
        assert_eq!(urls(IssuerForm::Updated).len(), 1);
    }

    #[test]
    fn a_pool_in_china_has_the_domain_of_that_partition() {
        let issuers = Issuer::of_pool("cn-north-1_AbC", IssuerForm::Both).unwrap();

        let urls: Vec<_> = issuers.iter().map(Issuer::url).collect();
        assert_eq!(
            urls,
            [
                "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC",
                "https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC"
            ]
        );
    }

    #[test]
    fn a_pool_id_cannot_lead_to_another_host() {
        for id in [
            "",
            "eu-west-1",
            "_x",
            "eu-west-1_",
            "evil.example/eu-west-1_x",
            "eu-west-1_a/b",
            "EU-WEST-1_a",
            "a_b",
        ] {
            assert!(Issuer::of_pool(id, IssuerForm::Original).is_err(), "{id}");
        }
        assert!(Issuer::of_pool(&format!("eu-west-1_{}", "a".repeat(46)), IssuerForm::Original).is_err());
    }

    #[test]
    fn keys_are_fetched_over_https_or_from_this_machine_only() {
        for url in
            ["https://a.example/p", "http://127.0.0.1:9229/p", "http://localhost/p", "http://[::1]:1/p"]
        {
            assert!(Issuer::of_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://a.example/p",
            "http://127.0.0.1.evil.example/p",
            "http://localhost.evil.example/p",
            "http://localhost@evil.example/p",
            "https://user@evil.example/p",
            "https:///p",
            "https://a.example",
            "https://a.example/",
            "https://a.example/p?x",
            "https://a.example/p#x",
            "ftp://a.example/p",
            "",
        ] {
            assert!(Issuer::of_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_keys_of_an_emulator_can_be_elsewhere_than_the_issuer_says() {
        let issuer = Issuer::of_url("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x").unwrap();

        let issuer =
            issuer.with_keys_from("http://127.0.0.1:4566/eu-west-1_x/.well-known/jwks.json").unwrap();

        assert_eq!(issuer.keys_url().as_str(), "http://127.0.0.1:4566/eu-west-1_x/.well-known/jwks.json");
        assert!(issuer.with_keys_from("http://keys.example/jwks.json").is_err());
    }
}
