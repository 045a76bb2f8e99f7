//! Ids, codes and passwords, all from the operating system.

use getrandom::SysRng;
use rsa::rand_core::{Rng, UnwrapErr};

const LOWER_ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The operating system's generator, as the key maker wants it.
pub(crate) fn system_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) fn uuid() -> String {
    let number = u128::from_be_bytes(bytes());
    let number = number & !(0xf << 76) | (0x4 << 76);
    let number = number & !(0x3 << 62) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        (number >> 80) & 0xffff,
        (number >> 64) & 0xffff,
        (number >> 48) & 0xffff,
        number & 0xffff_ffff_ffff
    )
}

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    system_rng().fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn digits(length: usize) -> String {
    pick(b"0123456789", length)
}

/// `length` of `a-z0-9`: app client ids.
pub(crate) fn lower_alphanumerics(length: usize) -> String {
    pick(LOWER_ALPHANUMERIC, length)
}

/// `length` of `A-Za-z0-9`: pool ids, secrets, opaque tokens.
pub(crate) fn alphanumerics(length: usize) -> String {
    pick(ALPHANUMERIC, length)
}

/// A password that satisfies the default policy of a pool.
pub(crate) fn password() -> String {
    format!("{}-aA1", alphanumerics(12))
}

fn pick(alphabet: &[u8], length: usize) -> String {
    let mut bytes = vec![0_u8; length * 2];
    system_rng().fill_bytes(&mut bytes);
    let numbers =
        bytes.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    numbers.filter_map(|number| alphabet.get(number % alphabet.len())).map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_the_version_and_variant_bits_of_version_4() {
        let text = uuid();

        let groups: Vec<_> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{text}");
        assert_eq!(text.as_bytes()[14], b'4', "{text}");
        assert!(b"89ab".contains(&text.as_bytes()[19]), "{text}");
        assert_ne!(text, uuid());
    }
}
