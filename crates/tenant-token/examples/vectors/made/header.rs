//! Check 2: the header.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    hmac,
    signature::{RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RsaEncoding},
};
use serde_json::{Value, json};

use super::{Vector, vector, with_header};
use crate::support::*;

pub(super) fn vectors() -> Vec<Vector> {
    let alg = |alg: Value| with_header(json!({ "alg": alg }));
    let typ = |typ: Value| with_header(json!({ "typ": typ }));
    let kid = |kid: Value| with_header(json!({ "kid": kid }));
    let by = |algorithm: &'static dyn RsaEncoding, alg: &str| {
        let header = but(header(), json!({ "alg": alg })).to_string();
        KEY.sign_by(algorithm, header.as_bytes(), access_claims().to_string().as_bytes())
    };
    let no_alg = KEY.sign(r#"{"kid":"the-key"}"#, &access_claims().to_string());
    let null_kid = KEY.sign(r#"{"alg":"RS256","kid":null}"#, &access_claims().to_string());
    let mine = |name: &str, value: Value| {
        OTHER_KEY.sign(&but(header(), json!({ name: value })).to_string(), &access_claims().to_string())
    };
    vec![
        vector("alg none, unsigned", unsigned("none")).refused("algorithm"),
        vector("alg NONE, unsigned", unsigned("NONE")).refused("algorithm"),
        vector("alg none, with a good signature", alg(json!("none"))).refused("algorithm"),
        vector("alg HS256, with the public key as secret", with_public_key_as_secret(false))
            .refused("algorithm"),
        vector("alg HS256, with the public key's PEM as secret", with_public_key_as_secret(true))
            .refused("algorithm"),
        vector("alg RS384", by(&RSA_PKCS1_SHA384, "RS384")).refused("algorithm"),
        vector("alg RS512", by(&RSA_PKCS1_SHA512, "RS512")).refused("algorithm"),
        vector("alg RS256, signed as RS512", by(&RSA_PKCS1_SHA512, "RS256")).refused("signature"),
        vector("alg PS256, signed so by the pool's key", signed_as_ps256()).refused("algorithm"),
        vector("alg ES256", alg(json!("ES256"))).refused("algorithm"),
        vector("alg rs256", alg(json!("rs256"))).refused("algorithm"),
        vector("alg with a blank", alg(json!("RS256 "))).refused("algorithm"),
        vector("alg is a list", alg(json!(["RS256"]))).refused("algorithm"),
        vector("no alg", no_alg).refused("algorithm"),
        vector("crit", with_header(json!({ "crit": ["b64"], "b64": true })))
            .malformed("header crit")
            .differs("crit"),
        vector("crit, empty", with_header(json!({ "crit": [] }))).malformed("header crit").differs("crit"),
        vector("typ JWT", typ(json!("JWT"))),
        vector("typ at+jwt", typ(json!("at+jwt"))),
        vector("typ jwt", typ(json!("jwt"))).malformed("header typ").differs("typ"),
        vector("typ dpop+jwt", typ(json!("dpop+jwt"))).malformed("header typ").differs("typ"),
        vector("typ is a number", typ(json!(7))).malformed("header typ").differs("typ"),
        vector("no kid", kid(json!(null))).malformed("header kid"),
        vector("kid is null", null_kid).malformed("header kid"),
        vector("kid is empty", kid(json!(""))).malformed("header kid"),
        vector("kid is a number", kid(json!(1))).malformed("header kid"),
        vector("kid of 1 character", kid(json!("k"))),
        vector("kid of 256 characters", kid(json!("k".repeat(256)))),
        vector("kid of 257 characters", kid(json!("k".repeat(257))))
            .malformed("header kid")
            .differs("kid-long"),
        vector("kid with a blank", kid(json!("a key"))).malformed("header kid").differs("kid-long"),
        vector("kid with a line break", kid(json!("the-key\n"))).malformed("header kid"),
        vector("kid is a path", kid(json!("../../the-key"))).refused("key_unknown"),
        vector("own key in jwk", mine("jwk", OTHER_KEY.jwk(KID))).refused("signature"),
        vector("own key in jku", mine("jku", json!("https://evil.example/jwks.json"))).refused("signature"),
        vector("own key in x5u", mine("x5u", json!("https://evil.example/cert.pem"))).refused("signature"),
        vector(
            "jku and jwk in a good token",
            with_header(json!({
                "jku": "https://evil.example/jwks.json", "jwk": OTHER_KEY.jwk(KID), "x5u": "https://evil.example/cert.pem"
            })),
        ),
    ]
}

fn signed_part(alg: &str) -> String {
    let header = but(header(), json!({ "alg": alg })).to_string();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(access_claims().to_string()))
}

fn unsigned(alg: &str) -> String {
    format!("{}.", signed_part(alg))
}

/// A signature of RSA-PSS has a random part, so it is a file.
fn signed_as_ps256() -> String {
    let signed = signed_part("PS256");
    let signature = include_str!("../../../tests/vectors/ps256.sig").trim();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    KEY.public().verify(&RSA_PSS_2048_8192_SHA256, signed.as_bytes(), &bytes).unwrap();
    format!("{signed}.{signature}")
}

/// What stands before the modulus in the `SubjectPublicKeyInfo` of every RSA key of 2,048 bits with the exponent 65,537.
const SPKI_BEGIN: &[u8] = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\
    \x01\x05\x00\x03\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00";

/// An old attack: a verifier that lets the token choose the algorithm takes the public key as the secret of HS256.
fn with_public_key_as_secret(pem: bool) -> String {
    let modulus = KEY.public().n;
    let secret = if pem {
        let der = [SPKI_BEGIN, modulus.as_slice(), &[2, 3, 1, 0, 1]].concat();
        let lines: Vec<String> = STANDARD
            .encode(der)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")).into_bytes()
    } else {
        modulus
    };
    let signed = signed_part("HS256");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
