//! Codes of an authenticator app (RFC 6238): SHA-1, 6 digits, 30 seconds.

use ring::hmac;

use crate::{clock, random};

const STEP_SECONDS: u64 = 30;
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret of 52 letters in base32, as long as Cognito's.
pub(super) fn secret() -> String {
    random::bytes::<52>()
        .iter()
        .filter_map(|byte| BASE32.get(usize::from(byte & 31)))
        .map(|b| char::from(*b))
        .collect()
}

/// Whether `code` is that of now, or of the 30 seconds before or after.
pub(super) fn admits(secret: &str, code: &str) -> bool {
    let now = clock::now_seconds() / STEP_SECONDS;
    (now.saturating_sub(1)..=now + 1).any(|step| code_of(secret, step) == code)
}

fn code_of(secret: &str, step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &decoded(secret));
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
    let chosen = bytes.iter().skip(offset).take(4).fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    format!("{:06}", (chosen & 0x7fff_ffff) % 1_000_000)
}

fn decoded(secret: &str) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for value in
        secret.bytes().filter_map(|letter| (0_u32..).zip(BASE32).find(|(_, known)| **known == letter))
    {
        held = held << 5 | value.0;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap_or_default());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, in base32 and with 6 digits.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code_of(secret, time / STEP_SECONDS), code, "{time}");
        }
        assert_eq!(super::secret().len(), 52);
    }
}
