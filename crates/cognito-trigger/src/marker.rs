//! The marker scope: a scope that only this trigger adds to an access token, and only together with a tenant. Gateways that
//! cannot look at claims demand it. Without the trigger no token has it, so such a gateway refuses all of them.

use std::fmt;
use std::str::FromStr;

use function::json::Object;
use serde_json::value::RawValue;

use crate::event::{self, EventVersion};
use crate::reply::TokenContents;

/// A scope of a resource server: its identifier, `/`, and the scope's name. Each part has 1 to 128 printable ASCII characters
/// without blanks, quotes and backslashes. It must not begin with `aws.cognito`, which Cognito reserves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MarkerScope(String);

/// Why a marker scope is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidMarkerScope {
    #[error("Cognito reserves scopes that begin with `aws.cognito`")]
    Reserved,
    #[error(
        "a marker scope must be `<resource server>/<name>`, each of 1 to 128 printable characters without blanks, quotes, \
         backslashes and further slashes"
    )]
    Malformed,
}

impl MarkerScope {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier of the resource server, and the name of the scope there.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or_default()
    }

    #[must_use]
    pub fn is_among(&self, scopes: &[String]) -> bool {
        scopes.contains(&self.0)
    }
}

/// `event` without `marker` in its access token, and otherwise as it came. The event may be one that no trigger acts on. `None`
/// when that cannot be done for sure: the text is not a JSON object, or a name that matters for it occurs twice.
///
/// On V1 no reply takes a scope away, so an event of V1 goes back unchanged.
#[must_use]
pub fn withheld(event: &str, marker: Option<&MarkerScope>) -> Option<Box<RawValue>> {
    let outer = Object::read(event)?;
    let unchanged = || RawValue::from_string(event.to_owned()).ok();
    let Some(marker) = marker else { return unchanged() };
    let (request, response) = (outer.object("request").ok()?, outer.value("response").ok()?);
    let version = event::version(&outer, &request, response).ok()?;
    if version == EventVersion::V1 || !marker.is_among(&event::scopes(&request).ok()?) {
        return unchanged();
    }
    let contents = TokenContents { suppressed_scopes: vec![marker.to_string()], ..TokenContents::default() };
    event::with_response(event, &outer, response, &contents.response(version).json).ok()
}

impl FromStr for MarkerScope {
    type Err = InvalidMarkerScope;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        // API reference, `ResourceServerScopeType.ScopeName`. The identifier of a resource server may have `/` as well; here
        // it may not, so that a scope has one reading.
        let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'/' | b'\\');
        let is_part = |part: &str| (1..=128).contains(&part.len()) && part.bytes().all(allowed);
        if raw.to_ascii_lowercase().starts_with("aws.cognito") {
            return Err(InvalidMarkerScope::Reserved);
        }
        match raw.split_once('/') {
            Some((server, name)) if is_part(server) && is_part(name) => Ok(Self(raw.to_owned())),
            _ => Err(InvalidMarkerScope::Malformed),
        }
    }
}

impl fmt::Display for MarkerScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_a_scope_of_a_resource_server() {
        let long = "x".repeat(128);
        for raw in ["tenancy/member", "a/b", "https:api.example.com/read:all", &format!("{long}/{long}")] {
            let marker: MarkerScope = raw.parse().unwrap();
            let (server, name) = marker.parts();
            assert_eq!((format!("{server}/{name}").as_str(), marker.as_str()), (raw, raw));
        }
    }

    #[test]
    fn an_event_without_the_marker_and_one_of_version_1_go_back_unchanged() {
        let event = |version: &str, scope: &str| {
            let details =
                if version == "1" { "claimsOverrideDetails" } else { "claimsAndScopeOverrideDetails" };
            let (request, response) =
                (format!(r#"{{"scopes":["{scope}","a/b"]}}"#), format!(r#"{{"{details}":null}}"#));
            format!(r#"{{"version":"{version}","request":{request},"response":{response}}}"#)
        };
        let marker = "tenancy/member".parse().unwrap();
        let good = event("2", "tenancy/member");

        let back = withheld(&good, Some(&marker)).unwrap();

        assert!(back.get().contains(r#""scopesToSuppress":["tenancy/member"]"#), "{back}");
        for (event, marker) in [
            (event("2", "c/d"), Some(&marker)),
            (event("1", "c/d"), Some(&marker)),
            (event("1", "tenancy/member"), Some(&marker)),
            (good, None),
        ] {
            assert_eq!(withheld(&event, marker).unwrap().get(), event);
        }
    }

    #[test]
    fn what_cognito_takes_for_no_scope_is_refused() {
        let (long_server, long_name) =
            (format!("{}/member", "x".repeat(129)), format!("tenancy/{}", "x".repeat(129)));
        let malformed = [
            "",
            "tenancy",
            "/member",
            "tenancy/",
            "a/b/c",
            "a//b",
            "tenancy/two words",
            "tenancy/mem\"ber",
            "tenancy/mem\\ber",
            "tenäncy/member",
            "tenancy/member\n",
            &long_server,
            &long_name,
        ];

        for raw in malformed {
            assert_eq!(raw.parse::<MarkerScope>(), Err(InvalidMarkerScope::Malformed), "{raw:?}");
        }
        for raw in ["aws.cognito.signin.user.admin", "aws.cognito/x", "AWS.Cognito/x"] {
            assert_eq!(raw.parse::<MarkerScope>(), Err(InvalidMarkerScope::Reserved), "{raw}");
        }
    }
}
