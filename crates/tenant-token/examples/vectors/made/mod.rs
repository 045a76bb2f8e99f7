//! The vectors, by the checks of the README. Verdicts are written by hand, never taken from the verifier.

mod claims;
mod form;
mod header;
mod issuers;
mod times;

use serde_json::{Map, Value, json};

use crate::support::*;

pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/vectors.json");

const OTHER_POOL: &str = "us-east-1_Other4567";
/// A pool whose keys cannot be fetched.
const SILENT_POOL: &str = "eu-west-1_Silent890";

/// What a vector's `rules` are without the rules that it names.
fn defaults() -> Value {
    json!({
        "pools": [POOL], "issuerForm": "original", "clients": [CLIENT], "tokenUse": "access", "scopes": [],
        "leewaySeconds": 30, "maxAgeSeconds": null, "tenantOptional": false,
    })
}

/// Why `aws-jwt-verify` judges some vectors otherwise.
fn differences() -> Value {
    json!({
        "aud-list": "An ID token with `aud` as a list of one client: aws-jwt-verify wants a text. RFC 7519, 4.1.3, allows both, and means the same.",
        "base64": "aws-jwt-verify takes padding, and bits behind the last byte that are not zero: many texts for one token.",
        "client-missing": "For any client, aws-jwt-verify does not look at the client claim. Every Cognito token has one.",
        "crit": "aws-jwt-verify ignores `crit`. RFC 7515, 4.1.11: a verifier refuses extensions that it does not know.",
        "exp-bound": "aws-jwt-verify still takes a token in the second of `exp` plus leeway. RFC 7519, 4.1.4: not on or after.",
        "exp-missing": "aws-jwt-verify takes a token without `exp`, which never expires. Every Cognito token has one.",
        "iat": "aws-jwt-verify does not look at `iat`, or takes any number.",
        "issuer-form": "aws-jwt-verify takes both forms of issuer of a pool. Rules name the form.",
        "json": "JavaScript parses what serde_json refuses: text that is not UTF-8, half a surrogate pair, nesting deeper than 128.",
        "kid-long": "aws-jwt-verify has no limit for `kid`.",
        "max-age": "aws-jwt-verify has no rule for the age of a token.",
        "name-twice": "aws-jwt-verify takes the last of two equal names. Another parser may take the first.",
        "scope-or": "aws-jwt-verify wants one of the scopes, rules want all.",
        "size": "aws-jwt-verify has no limit for the size of a token.",
        "sub": "aws-jwt-verify does not look for `sub`. Every Cognito token has one.",
        "tenant": "aws-jwt-verify does not know the claims about the tenant. A service adds `customJwtCheck`.",
        "time-number": "aws-jwt-verify takes fractions and any size as a time. Cognito writes whole seconds.",
        "typ": "aws-jwt-verify does not look at `typ`. A token for something else, such as a DPoP proof, names it there.",
    })
}

/// The key set of each pool.
fn keys() -> Value {
    let alias = |kid: &str| KEY.jwk(kid);
    let for_encryption = but(KEY.jwk("for-encryption"), json!({ "use": "enc" }));
    let ours = json!([
        alias(KID),
        alias("k"),
        alias(&"k".repeat(256)),
        alias(&"k".repeat(257)),
        alias("a key"),
        for_encryption
    ]);
    json!({ POOL: { "keys": ours }, OTHER_POOL: { "keys": [OTHER_KEY.jwk(KID), OTHER_KEY.jwk("of-the-other")] } })
}

struct Vector {
    name: String,
    token: String,
    rules: Value,
    now: u64,
    expected: Value,
    difference: Option<&'static str>,
}

/// A token that is accepted, for the tenant acme, until it is said otherwise.
fn vector(name: impl Into<String>, token: impl Into<String>) -> Vector {
    let expected = json!({ "tenant": "acme" });
    Vector {
        name: name.into(),
        token: token.into(),
        rules: json!({}),
        now: NOW_SECONDS,
        expected,
        difference: None,
    }
}

impl Vector {
    fn refused(self, code: &str) -> Self {
        Self { expected: json!({ "refused": code }), ..self }
    }

    /// `which` part, as the refusal says it.
    fn malformed(self, which: &str) -> Self {
        Self { expected: json!({ "refused": "malformed", "which": which }), ..self }
    }

    fn bad_claim(self, which: &str) -> Self {
        Self { expected: json!({ "refused": "bad_claim", "which": which }), ..self }
    }

    /// Accepted, and this is what the token tells.
    fn tells(self, facts: Value) -> Self {
        Self { expected: facts, ..self }
    }

    fn rules(self, rules: Value) -> Self {
        Self { rules, ..self }
    }

    fn at(self, now: u64) -> Self {
        Self { now, ..self }
    }

    /// `aws-jwt-verify` judges otherwise, for this reason.
    fn differs(self, reason: &'static str) -> Self {
        Self { difference: Some(reason), ..self }
    }

    fn document(&self) -> Value {
        let Self { name, token, rules, now, expected, difference } = self;
        let accepted = expected.get("refused").is_none();
        let oracle = if accepted == difference.is_none() { "accepted" } else { "refused" };
        let document = json!({
            "name": name, "token": token, "rules": rules, "now": now, "expected": expected, "awsJwtVerify": oracle
        });
        match difference {
            None => document,
            Some(reason) => but(document, json!({ "difference": reason })),
        }
    }
}

/// The whole file.
pub(crate) fn document() -> String {
    let vectors =
        [form::vectors(), header::vectors(), issuers::vectors(), times::vectors(), claims::vectors()];
    let vectors: Vec<Value> = vectors.iter().flatten().map(Vector::document).collect();
    let about = "Made by `cargo run -p tenant-token --example vectors -- --write`. `rules` holds what differs from `defaults`. \
                 `awsJwtVerify` is the verdict of aws-jwt-verify 5. Where it differs from `expected`, `difference` names the reason.";
    let mut document = Map::new();
    for (name, value) in [
        ("about", json!(about)),
        ("defaults", defaults()),
        ("differences", differences()),
        ("keys", keys()),
        ("vectors", json!(vectors)),
    ] {
        document.insert(name.to_owned(), value);
    }
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

/// An access token with some claims changed; `null` takes one out.
fn access(changes: Value) -> String {
    signed(&but(access_claims(), changes))
}

fn id(changes: Value) -> String {
    signed(&but(id_claims(), changes))
}

/// An access token whose payload has one text in place of another.
fn access_with_text(from: &str, to: &str) -> String {
    let payload = access_claims().to_string();
    assert!(payload.contains(from), "{from}");
    KEY.sign(&header().to_string(), &payload.replacen(from, to, 1))
}

/// An access token with some header parameters changed; `null` takes one out.
fn with_header(changes: Value) -> String {
    KEY.sign(&but(header(), changes).to_string(), &access_claims().to_string())
}
