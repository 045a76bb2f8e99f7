use function::json::Object;
use serde_json::{Map, Value};

use crate::pool::{CLIENT, FORGER, HEADER, ISSUED, ISSUER, KEY, KID, NOW_SECONDS, VERIFIER, now, verifier};
use crate::run::run;

/// The text of a token, and edits of a good one: three bytes each, the position and what is flipped there. A position of 32,768
/// or more counts from the end.
///
/// - Only a token that the pool has issued is accepted, character for character.
/// - What a flip of a good token gives is refused.
pub fn token(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let is_accepted = run(VERIFIER.verify(text, now())).is_ok();
        assert_eq!(is_accepted, ISSUED.iter().any(|issued| issued == text), "{text}");
    }
    for issued in ISSUED.iter() {
        let mut edited = issued.clone().into_bytes();
        for edit in data.chunks_exact(3) {
            if let [high, low, flip] = *edit {
                let offset = usize::from(u16::from_be_bytes([high & 0x7f, low])) % edited.len();
                let position = if high < 0x80 { offset } else { edited.len() - 1 - offset };
                edited.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= flip);
            }
        }
        // A header and a request have text only; bytes that are none never reach the verifier.
        let Ok(edited) = String::from_utf8(edited) else { continue };
        let is_accepted = run(VERIFIER.verify(&edited, now())).is_ok();
        assert_eq!(is_accepted, edited == *issued, "{edited}");
    }
}

/// The claims of a token that the pool signs, whatever they say; before them, up to the first line break, its header.
///
/// - If the token is accepted, its claims are an object without a name twice, and issuer, app client, times, use and tenant are
///   as they must be. The tenant of the result is the claimed one.
/// - The same claims signed by another key are refused.
pub fn claims(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (header, payload) = text.split_once('\n').unwrap_or((HEADER, text));
    assert!(run(VERIFIER.verify(&FORGER.sign(header, payload), now())).is_err(), "{text}");
    let Ok(token) = run(VERIFIER.verify(&KEY.sign(header, payload), now())) else { return };

    let (header, claims) = (object(header), object(payload));
    assert_eq!((&header["alg"], &header["kid"]), (&Value::from("RS256"), &Value::from(KID)), "{text}");
    assert!(!header.contains_key("crit"), "{text}");
    assert_eq!(claims["iss"], ISSUER, "{text}");
    assert!(claims["exp"].as_u64().is_some_and(|expires| expires + 30 > NOW_SECONDS), "{text}");
    assert!(claims["iat"].as_u64().is_some_and(|issued| issued <= NOW_SECONDS + 30), "{text}");
    match claims["token_use"].as_str() {
        Some("access") => assert_eq!(claims["client_id"], CLIENT, "{text}"),
        Some("id") => assert!(claims["aud"] == CLIENT || claims["aud"][0] == CLIENT, "{text}"),
        _ => panic!("another use: {text}"),
    }
    let tenant = claims["tenant_id"].as_str().expect("a tenant");
    assert_eq!(token.tenant().as_str(), tenant, "{text}");
    assert!(tenant.parse::<tenancy::TenantId>().is_ok(), "{text}");
    assert_eq!(claims["sub"], token.subject().sub(), "{text}");
    // What can be logged has neither a name nor another claim.
    let shown = format!("{token:?}");
    assert!(!shown.contains("username") && !shown.contains("tenant_name"), "{shown}");
}

/// The object, in which no name stands twice.
fn object(text: &str) -> Map<String, Value> {
    let entries = Object::read(text).expect("an object");
    let object: Map<String, Value> = serde_json::from_str(text).expect("an object");
    assert_eq!(entries.entries().count(), object.len(), "a name twice: {text}");
    object
}

/// The key set of an issuer.
///
/// - A token is accepted only if the set has the key that signed it, under the `kid` of the token.
/// - A set that has that key first, as the issuer publishes it, accepts the token.
pub fn jwks(data: &[u8]) {
    let forged = FORGER.sign(HEADER, &crate::pool::access_claims().to_string());
    let document: Value = serde_json::from_slice(data).unwrap_or_default();
    let listed = document["keys"].as_array().cloned().unwrap_or_default();
    let verifier_of_set = verifier(data);
    for (token, key) in [(&ISSUED[0], &*KEY), (&forged, &*FORGER)] {
        let has_key = listed.iter().any(|listed| {
            listed["kid"] == KID
                && listed["kty"] == "RSA"
                && listed["n"] == key.modulus.as_str()
                && listed["e"] == key.exponent.as_str()
        });
        let is_accepted = run(verifier_of_set.verify(token, now())).is_ok();
        assert!(has_key || !is_accepted, "{}", String::from_utf8_lossy(data));
    }
    if listed.is_empty() {
        return;
    }
    let published: Value = serde_json::from_slice(&KEY.jwks()).expect("a key set");
    let mut keys = vec![published["keys"][0].clone()];
    keys.extend(listed);
    let set = serde_json::json!({ "keys": keys }).to_string();
    if set.len() <= 65_536 {
        assert!(run(verifier(set.as_bytes()).verify(&ISSUED[0], now())).is_ok(), "{set}");
    }
}
