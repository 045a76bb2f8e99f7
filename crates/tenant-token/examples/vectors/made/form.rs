//! Check 1: size, parts, base64url, JSON.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::json;

use super::{Vector, access, access_with_text, vector};
use crate::support::*;

pub(super) fn vectors() -> Vec<Vector> {
    let good = access_token();
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts[..] else { unreachable!() };
    let parts = "not three parts";
    let payload = |text: &str| KEY.sign(&header().to_string(), text);
    let bytes = |header: &[u8], payload: &[u8]| KEY.sign_by(&RSA_PKCS1_SHA256, header, payload);
    let claims = access_claims().to_string();
    vec![
        vector("access token of a user", &good),
        vector("16,384 bytes", of_length(16_384)),
        vector("16,385 bytes", of_length(16_385)).refused("too_long").differs("size"),
        vector("16,384 bytes of nothing", "a".repeat(16_384)).malformed(parts),
        vector("16,385 bytes of nothing", "a".repeat(16_385)).refused("too_long"),
        vector("empty text", "").malformed(parts),
        vector("two parts", format!("{head}.{body}")).malformed(parts),
        vector("two dots alone", "..").malformed("header"),
        vector("four parts", format!("{head}.{body}.{body}.{signature}")).malformed("payload"),
        vector("three parts and a dot", format!("{good}.")).malformed("payload"),
        vector("empty header", format!(".{body}.{signature}")).malformed("header"),
        vector("empty payload", format!("{head}..{signature}")).malformed("payload"),
        vector("empty signature", format!("{head}.{body}.")).refused("signature"),
        vector("padding after the header", format!("{head}=.{body}.{signature}")).malformed("header"),
        vector("padding after the signature", format!("{good}==")).malformed("signature").differs("base64"),
        vector("bits behind the last byte of the signature", trailing_bits(&good))
            .malformed("signature")
            .differs("base64"),
        vector("the other base64 alphabet", other_alphabet()).malformed("signature"),
        vector("blank before", format!(" {good}")).malformed("header"),
        vector("blank inside", good.replacen('.', " .", 1)).malformed("header"),
        vector("line break behind", format!("{good}\n")).malformed("signature"),
        vector("the scheme before", format!("Bearer {good}")).malformed("header"),
        vector("header is a list", KEY.sign("[]", &claims)).malformed("header"),
        vector("payload is a text", payload("\"acme\"")).malformed("payload"),
        vector("payload is null", payload("null")).malformed("payload"),
        vector("payload is a list of claims", payload(&format!("[{claims}]"))).malformed("payload"),
        vector("payload with more behind", payload(&format!("{claims}{{}}"))).malformed("payload"),
        vector("payload with a comma behind", payload(&claims.replace('}', ",}"))).malformed("payload"),
        vector("payload with a comment", payload(&format!("/* */{claims}"))).malformed("payload"),
        vector("payload with blanks around", payload(&format!(" \r\n\t{claims} "))),
        vector("payload with a byte order mark", payload(&format!("\u{feff}{claims}"))).malformed("payload"),
        vector("payload that is not UTF-8", bytes(header().to_string().as_bytes(), &not_utf8()))
            .malformed("payload")
            .differs("json"),
        vector("payload compressed", bytes(header().to_string().as_bytes(), &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]))
            .malformed("payload"),
        vector("half a surrogate pair", access_with_text("\"Acme Inc.\"", r#""\ud800""#))
            .malformed("payload")
            .differs("json"),
        vector(
            "nested 200 deep",
            access_with_text("\"pro\"", &format!("{}{}", "[".repeat(200), "]".repeat(200))),
        )
        .malformed("payload")
        .differs("json"),
        vector("a claim twice", access_with_text("{", r#"{"tenant_id":"globex","#))
            .malformed("payload")
            .differs("name-twice"),
        vector("a claim twice, once escaped", access_with_text("{", r#"{"tenant\u005fid":"globex","#))
            .malformed("payload")
            .differs("name-twice"),
        vector("exp twice", access_with_text("{", r#"{"exp":1,"#)).malformed("payload").differs("name-twice"),
        vector("alg twice", KEY.sign(r#"{"alg":"none","alg":"RS256","kid":"the-key"}"#, &claims))
            .malformed("header")
            .differs("name-twice"),
        vector("kid twice", KEY.sign(r#"{"alg":"RS256","kid":"another","kid":"the-key"}"#, &claims))
            .malformed("header")
            .differs("name-twice"),
        vector("an unknown claim", access(json!({ "org": { "id": 7, "admin": true } }))),
    ]
}

/// A good token with so many bytes.
fn of_length(bytes: usize) -> String {
    let token = |filler: usize| access(json!({ "filler": "x".repeat(filler) }));
    let mut filler = (bytes - token(0).len()) * 3 / 4;
    while token(filler).len() < bytes {
        filler += 1;
    }
    let found = token(filler);
    assert_eq!(found.len(), bytes, "base64 of the payload cannot have this length");
    found
}

/// The last character of 256 bytes in base64url holds 4 bits that must be zero.
fn trailing_bits(good: &str) -> String {
    let (rest, last) = good.split_at(good.len() - 1);
    let other = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        "w" => "x",
        last => unreachable!("{last}"),
    };
    format!("{rest}{other}")
}

/// A good token, with `+` for `-` and `/` for `_` in the signature.
fn other_alphabet() -> String {
    let good = access_token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = signature.replace('-', "+").replace('_', "/");
    assert_ne!(signature, other);
    assert!(URL_SAFE_NO_PAD.decode(signature).is_ok());
    format!("{signed}.{other}")
}

fn not_utf8() -> Vec<u8> {
    let mut payload = access_claims().to_string().into_bytes();
    let place = payload.windows(4).position(|found| found == b"Acme").unwrap();
    payload[place] = 0xff;
    payload
}
