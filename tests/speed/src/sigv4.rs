//! AWS Signature Version 4, as far as both sides need it: the stand-in's check, and `examples/raw.rs`.

use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256, Key};

pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The key of a scope, `<day>/<region>/<service>/aws4_request`.
pub(crate) fn key(secret: &str, scope: &str) -> Key {
    let first = Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    scope
        .split('/')
        .fold(first, |key, part| Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref()))
}

/// `date` is that of the header `x-amz-date`.
pub(crate) fn signature(key: &Key, date: &str, scope: &str, canonical: &str) -> String {
    let text = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hash(canonical.as_bytes()));
    hex(hmac::sign(key, text.as_bytes()).as_ref())
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}
