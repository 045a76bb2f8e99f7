//! A token taken apart: JWS compact serialization (RFC 7515, section 7.1). Nothing here is proven yet.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::Refusal;

/// Cognito's own limits keep tokens far below; a longer text is refused before it is decoded.
const TOKEN_BYTES_MAX: usize = 16_384;

pub(crate) struct Compact<'a> {
    pub(crate) kid: String,
    pub(crate) payload: Map<String, Value>,
    /// What the signature is over: header and payload, still encoded.
    pub(crate) signed: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

/// Checks 1 and 2: the form of the token and its header.
pub(crate) fn read(token: &str) -> Result<Compact<'_>, Refusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed("not three parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(Refusal::Malformed("not three parts"))?;
    let header = object(header, "header")?;
    let payload = object(payload, "payload")?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed("signature"))?;
    Ok(Compact { kid: judge_header(&header)?, payload, signed: signed.as_bytes(), signature })
}

/// Gives the `kid`. `jku`, `jwk`, `x5u` and `x5c` are not looked at: keys come from the issuer alone.
fn judge_header(header: &Map<String, Value>) -> Result<String, Refusal> {
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(Refusal::Algorithm);
    }
    // An extension that must be understood (RFC 7515, section 4.1.11). Cognito has none, and neither has this crate.
    if header.contains_key("crit") {
        return Err(Refusal::Malformed("header crit"));
    }
    match header.get("typ") {
        None => {}
        Some(typ) if typ == "JWT" || typ == "at+jwt" => {}
        Some(_) => return Err(Refusal::Malformed("header typ")),
    }
    let kid = header.get("kid").and_then(Value::as_str).filter(|kid| is_kid(kid));
    kid.map(str::to_owned).ok_or(Refusal::Malformed("header kid"))
}

/// 1 to 256 printable ASCII characters.
pub(crate) fn is_kid(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn object(part: &str, which: &'static str) -> Result<Map<String, Value>, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed(which))?;
    let UniqueNames(object) = serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed(which))?;
    Ok(object)
}

/// A JSON object without a name twice. Parsers differ in which of two they take, so a token that has two could mean one
/// thing here and another behind (RFC 7519, section 4, allows to refuse it).
struct UniqueNames(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = UniqueNames;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<UniqueNames, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if object.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name twice"));
                    }
                }
                Ok(UniqueNames(object))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
