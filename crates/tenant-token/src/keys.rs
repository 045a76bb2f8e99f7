use std::{collections::HashMap, fmt, pin::Pin};

use crate::JwksUrl;

/// Fetches the key sets of issuers. The verifier caches them, so a source is called about once an hour for each issuer.
///
/// With the feature `https` there is `HttpsKeys`. [`FixedKeys`] needs no network. Implement the trait
/// for your own HTTP client:
///
/// ```
/// use tenant_token::{FetchError, JwksUrl, KeySource};
///
/// struct MyClient;
///
/// impl KeySource for MyClient {
///     async fn fetch(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
///         // The body of a GET, if the status is 200.
///         Err(FetchError::new(format!("no answer from {url}")))
///     }
/// }
/// ```
pub trait KeySource: Send + Sync + 'static {
    /// The document at `url`, as it came. The verifier judges its size and content.
    ///
    /// The call must end: take a timeout of a second or two, because requests wait for the first fetch. Do not follow
    /// redirects. Do not retry: the cache does it.
    ///
    /// # Errors
    ///
    /// [`FetchError`] when there is no document.
    fn fetch(&self, url: &JwksUrl) -> impl Future<Output = Result<Vec<u8>, FetchError>> + Send;
}

/// A key set could not be fetched, or has no usable key. The text is for logs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(String);

impl FetchError {
    /// An error with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Key sets that are known beforehand: for tests, and for programs without a network.
///
/// Nothing is fetched, so a key rotation of Cognito makes all later tokens [`KeyUnknown`](crate::Refusal::KeyUnknown).
#[derive(Clone, Debug, Default)]
pub struct FixedKeys(HashMap<String, Vec<u8>>);

impl FixedKeys {
    /// No key set at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the key set of an issuer: the JSON document, by the URL at which it would be.
    #[must_use]
    pub fn with(mut self, url: &JwksUrl, document: impl Into<Vec<u8>>) -> Self {
        self.0.insert(url.as_str().to_owned(), document.into());
        self
    }
}

impl KeySource for FixedKeys {
    async fn fetch(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        self.0
            .get(url.as_str())
            .cloned()
            .ok_or_else(|| FetchError::new("no key set is known for this issuer"))
    }
}

type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchError>> + Send + 'a>>;

/// [`KeySource`] without its type, so that verifiers have none for it.
pub(crate) trait AnySource: Send + Sync {
    fn fetch_any<'a>(&'a self, url: &'a JwksUrl) -> Fetching<'a>;
}

impl<S: KeySource> AnySource for S {
    fn fetch_any<'a>(&'a self, url: &'a JwksUrl) -> Fetching<'a> {
        Box::pin(self.fetch(url))
    }
}

impl fmt::Debug for dyn AnySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySource")
    }
}
