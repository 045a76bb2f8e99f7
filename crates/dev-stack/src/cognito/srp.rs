//! The arithmetic of Cognito's Secure Remote Password sign-in: SRP-6a (RFC 5054) with the 3,072-bit group, SHA-256, and a
//! key that HKDF derives with the info text `Caldera Derived Key`.
//!
//! Numbers are hashed as signed big-endian bytes: a zero byte goes before a first byte of 0x80 or more.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use ring::{digest, hkdf, hmac};

use crate::random;

/// The prime of the group (RFC 5054, appendix A), in hexadecimal. Its generator is 2.
const PRIME: &str = "\
    FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
    EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
    EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
    83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
    E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
    15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
    ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
    BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";

/// Bits of [`PRIME`].
const BITS: u32 = 3_072;

/// Length of the key that signs the proof, in bytes.
const KEY_BYTES: usize = 16;

/// The key that a user with the right password derives too.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct ProofKey([u8; KEY_BYTES]);

/// Who proves what: the password of a user of a pool, under a salt.
pub(crate) struct Identity<'a> {
    /// The pool's id after its `_`.
    pub(crate) pool_name: &'a str,
    /// `USER_ID_FOR_SRP`.
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
    pub(crate) salt: &'a [u8],
}

/// What the server answers to `SRP_A`, and the key that it then shares with the user.
pub(crate) struct Exchange {
    /// `SRP_B`, in hexadecimal.
    pub(crate) server_public: String,
    pub(crate) key: ProofKey,
}

/// Answers `SRP_A`, a number in hexadecimal; `None` if it is no number or a multiple of the prime.
pub(crate) fn answer(identity: &Identity<'_>, client_public: &str) -> Option<Exchange> {
    // A number of more digits than the prime would only cost time.
    if client_public.is_empty() || client_public.len() > PRIME.len() + 2 {
        return None;
    }
    let group = Group::new()?;
    let a = group.number(&hex_bytes(client_public)?)?;
    let verifier = group.generator.pow(&exponent(&private_key(identity)));
    let secret = exponent(&random::bytes::<32>());
    let multiplier = group.number(&hash(&[&signed(&group.prime_bytes()), &[2]]))?;
    let b = multiplier.mul(&verifier).add(&group.generator.pow(&secret));
    let (a_bytes, b_bytes) = (signed(&bytes(&a)), signed(&bytes(&b)));
    let scramble = hash(&[&a_bytes, &b_bytes]);
    if a.is_zero().to_bool() || scramble.iter().all(|byte| *byte == 0) {
        return None;
    }
    let shared = a.mul(&verifier.pow(&exponent(&scramble))).pow(&secret);
    let key = derive_key(&signed(&bytes(&shared)), &signed(&scramble))?;
    Some(Exchange { server_public: hex(&bytes(&b)), key })
}

impl ProofKey {
    /// Whether `signature`, in base64, proves the password: it is the HMAC of the pool's name, the user's, the secret
    /// block and the time.
    pub(crate) fn admits(&self, parts: &[&[u8]], signature: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        STANDARD
            .decode(signature)
            .is_ok_and(|signature| hmac::verify(&key, &parts.concat(), &signature).is_ok())
    }
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofKey(..)")
    }
}

/// A salt for a user. It is the same as long as the password is, and the same for a name that no user has, so that it
/// tells nothing about who exists.
pub(crate) fn salt(parts: &[&str]) -> Vec<u8> {
    let parts: Vec<_> = std::iter::once("salt").chain(parts.iter().copied()).collect();
    let digest = hash(&[parts.join("\0").as_bytes()]);
    // Clients read the salt as a number, which has no leading zeros.
    digest.iter().copied().skip_while(|byte| *byte == 0).take(16).collect()
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// Numbers modulo the prime.
struct Group {
    params: BoxedMontyParams,
    generator: BoxedMontyForm,
}

impl Group {
    fn new() -> Option<Self> {
        let prime = BoxedUint::from_be_hex(PRIME, BITS).into_option()?;
        let params = BoxedMontyParams::new(Odd::new(prime).into_option()?);
        let generator = BoxedMontyForm::new(BoxedUint::from_be_slice(&[2], BITS).ok()?, &params);
        Some(Self { params, generator })
    }

    fn number(&self, bytes: &[u8]) -> Option<BoxedMontyForm> {
        let skipped = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        let number = BoxedUint::from_be_slice(bytes.get(skipped..)?, BITS).ok()?;
        Some(BoxedMontyForm::new(number, &self.params))
    }

    fn prime_bytes(&self) -> Vec<u8> {
        self.params.modulus().as_ref().to_be_bytes().to_vec()
    }
}

/// The private key that the password stands for.
fn private_key(identity: &Identity<'_>) -> Vec<u8> {
    let Identity { pool_name, username, password, salt } = identity;
    let inner = hash(&[format!("{pool_name}{username}:{password}").as_bytes()]);
    hash(&[&signed(salt), &inner])
}

fn derive_key(shared: &[u8], scramble: &[u8]) -> Option<ProofKey> {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            KEY_BYTES
        }
    }
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, scramble).extract(shared);
    let mut key = [0; KEY_BYTES];
    extracted.expand(&[b"Caldera Derived Key"], Length).ok()?.fill(&mut key).ok()?;
    Some(ProofKey(key))
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    digest::digest(&digest::SHA256, &parts.concat()).as_ref().to_vec()
}

/// An exponent of 256 bits.
fn exponent(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_truncated(bytes, 256)
}

fn bytes(number: &BoxedMontyForm) -> Vec<u8> {
    number.retrieve().to_be_bytes().to_vec()
}

/// A number without leading zeros, as signed bytes.
fn signed(bytes: &[u8]) -> Vec<u8> {
    let digits = bytes.iter().copied().skip_while(|byte| *byte == 0);
    let mut signed: Vec<_> = digits.collect();
    if signed.first().is_none_or(|first| *first >= 0x80) {
        signed.insert(0, 0);
    }
    signed
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let padded = if text.len().is_multiple_of(2) { text.to_owned() } else { format!("0{text}") };
    let digits: Option<Vec<u32>> = padded.chars().map(|digit| digit.to_digit(16)).collect();
    let pairs = digits?;
    pairs
        .chunks(2)
        .map(|pair| u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Identity<'_> =
        Identity { pool_name: "abcDEF123", username: "ana", password: "Correct-horse-1", salt: &[0x81; 16] };

    /// The user's side of the exchange: `SRP_A`, and from `SRP_B` the key.
    fn client(password: &str, exchange: impl FnOnce(&str) -> Exchange) -> (ProofKey, ProofKey) {
        let group = Group::new().unwrap();
        let secret = exponent(&random::bytes::<32>());
        let a = group.generator.pow(&secret);
        let exchange = exchange(&hex(&bytes(&a)));
        let b = group.number(&hex_bytes(&exchange.server_public).unwrap()).unwrap();
        let scramble = hash(&[&signed(&bytes(&a)), &signed(&bytes(&b))]);
        let x = private_key(&Identity { password, ..IDENTITY });
        let k = group.number(&hash(&[&signed(&group.prime_bytes()), &[2]])).unwrap();
        let base = b.sub(&k.mul(&group.generator.pow(&exponent(&x))));
        let shared = base.pow(&secret).mul(&base.pow(&exponent(&scramble)).pow(&exponent(&x)));
        (derive_key(&signed(&bytes(&shared)), &signed(&scramble)).unwrap(), exchange.key)
    }

    #[test]
    fn both_sides_derive_one_key_from_the_right_password_only() {
        let (user, server) = client("Correct-horse-1", |a| answer(&IDENTITY, a).unwrap());
        assert_eq!(user, server);

        let (user, server) = client("Correct-horse-2", |a| answer(&IDENTITY, a).unwrap());
        assert_ne!(user, server);
    }

    #[test]
    fn an_srp_a_that_gives_the_key_away_is_refused() {
        let zero = "0".to_owned();
        for a in [zero, PRIME.to_owned(), String::new(), "xyz".to_owned(), "1".repeat(800)] {
            assert!(answer(&IDENTITY, &a).is_none(), "{a}");
        }
        assert!(answer(&IDENTITY, "2").is_some());
    }

    #[test]
    fn numbers_are_signed_and_a_salt_stays() {
        assert_eq!(signed(&[0, 0, 0x7f]), [0x7f]);
        assert_eq!(signed(&[0x80]), [0, 0x80]);
        assert_eq!(signed(&[0]), [0]);
        assert_eq!(salt(&["pool", "ana"]), salt(&["pool", "ana"]));
        assert_ne!(salt(&["pool", "ana"]), salt(&["pool", "ben"]));
    }
}
