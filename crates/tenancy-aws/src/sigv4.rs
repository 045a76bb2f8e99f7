//! Signs requests (AWS Signature Version 4) with a signing key that is kept for its day. The SDK derives the key anew for
//! each request, and copies all headers into a map.
//!
//! Only the usual request is signed here: a first attempt, `POST /` without a query, with its body in memory. The SDK's own
//! signer signs all others. So it signs each second attempt, for which it may correct the clock. Where it has corrected the
//! clock, it also signs first attempts, as long as the clock is wrong.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4Signer};
use aws_runtime::auth::{
    PayloadSigningOverride, SigV4OperationSigningConfig, SigV4SessionTokenNameOverride, SigningOptions,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign};
use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::{GetIdentityResolver, RuntimeComponents};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::{DateTime, Document};
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};

/// Headers that a proxy may change, and the one for the signature (the SDK's `SigningSettings`).
const NOT_SIGNED: [&str; 4] = ["authorization", "transfer-encoding", "user-agent", "x-amzn-trace-id"];
/// A difference of the clocks that no signature notices: AWS accepts five minutes.
const SMALL_SKEW: Duration = Duration::from_mins(1);
const DATE: &str = "x-amz-date";
const TOKEN: &str = "x-amz-security-token";

/// Replaces the SDK's scheme of the same id.
#[derive(Debug, Default)]
pub(crate) struct SigV4(Signer);

impl AuthScheme for SigV4 {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME_ID
    }

    fn identity_resolver(&self, resolvers: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        resolvers.identity_resolver(SCHEME_ID)
    }

    fn signer(&self) -> &dyn Sign {
        &self.0
    }
}

#[derive(Debug, Default)]
struct Signer {
    of_sdk: SigV4Signer,
    /// The SDK has corrected the clock.
    is_clock_wrong: AtomicBool,
    key: Mutex<Option<Arc<DayKey>>>,
}

impl Sign for Signer {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        endpoint: AuthSchemeEndpointConfig<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        let now = components.time_source().unwrap_or_default().now();
        let is_clock_wrong = self.is_clock_wrong.load(Ordering::Relaxed);
        let usual = Usual::read(request, identity, &endpoint, config).filter(|_| !is_clock_wrong);
        let Some(usual) = usual else {
            self.of_sdk.sign_http_request(request, identity, endpoint, components, config)?;
            let signed_at = request.headers().get(DATE).and_then(time_of);
            let is_wrong = signed_at.is_some_and(|time| differ(time, now) > SMALL_SKEW);
            self.is_clock_wrong.store(is_wrong, Ordering::Relaxed);
            return Ok(());
        };
        let time = time_stamp(DateTime::from(now))?;
        let key = self.key(&usual, &time);
        let authorization = usual.authorization(&key, &time);
        let token = usual.credentials.session_token().map(str::to_owned);
        let headers = request.headers_mut();
        headers.try_insert(DATE, time)?;
        if let Some(token) = token {
            headers.try_insert(TOKEN, token)?;
        }
        headers.try_insert("authorization", authorization)?;
        Ok(())
    }
}

impl Signer {
    fn key(&self, usual: &Usual<'_>, time: &str) -> Arc<DayKey> {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(key) if key.fits(usual, time) => Arc::clone(key),
            _ => Arc::clone(kept.insert(Arc::new(DayKey::derive(usual, time)))),
        }
    }
}

/// The signing key of a day, a Region and a service.
struct DayKey {
    secret: String,
    /// Such as `20261129/eu-west-1/dynamodb/aws4_request`.
    scope: String,
    key: hmac::Key,
}

impl DayKey {
    fn derive(usual: &Usual<'_>, time: &str) -> Self {
        let secret = usual.credentials.secret_access_key().to_owned();
        let scope = [day(time), usual.region, usual.service, "aws4_request"].join("/");
        let first = hmac::Key::new(HMAC_SHA256, ["AWS4", &secret].concat().as_bytes());
        let key = scope
            .split('/')
            .fold(first, |key, part| hmac::Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref()));
        Self { secret, scope, key }
    }

    fn fits(&self, usual: &Usual<'_>, time: &str) -> bool {
        let parts = [day(time), usual.region, usual.service, "aws4_request"];
        self.secret == usual.credentials.secret_access_key() && self.scope.split('/').eq(parts)
    }
}

impl std::fmt::Debug for DayKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DayKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// What is signed.
struct Usual<'a> {
    credentials: &'a Credentials,
    region: &'a str,
    service: &'a str,
    host: &'a str,
    /// Names and values, in order of the names, without those that signing adds.
    headers: Vec<(&'a str, &'a str)>,
    body: &'a [u8],
}

impl<'a> Usual<'a> {
    /// `None` for a request that the SDK's signer must sign.
    fn read(
        request: &'a HttpRequest,
        identity: &'a Identity,
        endpoint: &AuthSchemeEndpointConfig<'a>,
        config: &'a ConfigBag,
    ) -> Option<Self> {
        let operation = config.load::<SigV4OperationSigningConfig>()?;
        let is_first = config.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() == 1);
        let is_usual = is_first
            && request.method() == "POST"
            && operation.signing_options == SigningOptions::default()
            && config.load::<PayloadSigningOverride>().is_none()
            && config.load::<SigV4SessionTokenNameOverride>().is_none();
        if !is_usual {
            return None;
        }
        let of_endpoint = |name| endpoint.get(name).and_then(Document::as_string);
        let region = of_endpoint("signingRegion")
            .or_else(|| config.load::<SigningRegion>().map(AsRef::as_ref))
            .or_else(|| operation.region.as_ref().map(AsRef::as_ref))?;
        let service = of_endpoint("signingName")
            .or_else(|| config.load::<SigningName>().map(AsRef::as_ref))
            .or_else(|| operation.name.as_ref().map(AsRef::as_ref))?;
        let mut headers: Vec<_> =
            request.headers().iter().filter(|(name, _)| !NOT_SIGNED.contains(name)).collect();
        headers.sort_unstable();
        let is_repeated = headers.windows(2).any(|pair| matches!(pair, [one, next] if one.0 == next.0));
        let is_plain = |&(name, value): &(&str, &str)| {
            let is_added = ["host", DATE, TOKEN].contains(&name);
            !is_added && value.is_ascii() && value.trim() == value && !value.contains("  ")
        };
        if is_repeated || !headers.iter().all(is_plain) {
            return None;
        }
        Some(Self {
            credentials: identity.data()?,
            region,
            service,
            host: host(request.uri())?,
            headers,
            body: request.body().bytes()?,
        })
    }

    /// The header `authorization`.
    fn authorization(&self, key: &DayKey, time: &str) -> String {
        let token = self.credentials.session_token().map(|token| (TOKEN, token));
        let added = [("host", self.host), (DATE, time)].into_iter().chain(token);
        let mut headers = self.headers.clone();
        for header in added {
            headers.insert(headers.partition_point(|other| *other < header), header);
        }
        let mut names = String::with_capacity(128);
        let mut request = String::with_capacity(512 + token.map_or(0, |(_, token)| token.len()));
        request.push_str("POST\n/\n\n");
        for (name, value) in headers {
            if !names.is_empty() {
                names.push(';');
            }
            names.push_str(name);
            for part in [name, ":", value, "\n"] {
                request.push_str(part);
            }
        }
        for part in ["\n", &names, "\n", &hash(self.body)] {
            request.push_str(part);
        }
        let text = ["AWS4-HMAC-SHA256", time, &key.scope, &hash(request.as_bytes())].join("\n");
        let signature = hex(hmac::sign(&key.key, text.as_bytes()).as_ref());
        let id = self.credentials.access_key_id();
        let scope = &key.scope;
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

/// The host of `uri`, with its port. `None` if the URI has a path, a query or a user, or names its scheme's own port.
fn host(uri: &str) -> Option<&str> {
    let (rest, own_port) = match uri.strip_prefix("https://") {
        Some(rest) => (rest, ":443"),
        None => (uri.strip_prefix("http://")?, ":80"),
    };
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@']) && !host.ends_with(own_port);
    is_host.then_some(host)
}

/// Such as `20261129T084400Z`.
fn time_stamp(time: DateTime) -> Result<String, BoxError> {
    let text = DateTime::from_secs(time.secs()).fmt(aws_smithy_types::date_time::Format::DateTime)?;
    Ok(text.replace(['-', ':'], ""))
}

fn time_of(stamp: &str) -> Option<SystemTime> {
    let part = |at: std::ops::Range<usize>| stamp.get(at);
    let (date, time) =
        ([part(0..4)?, part(4..6)?, part(6..8)?], [part(9..11)?, part(11..13)?, part(13..16)?]);
    let text = [date.join("-"), time.join(":")].join("T");
    DateTime::from_str(&text, aws_smithy_types::date_time::Format::DateTime).ok()?.try_into().ok()
}

fn differ(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text
}
