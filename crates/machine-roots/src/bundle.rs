//! The bundle of root certificates, as PEM text. What looks odd is passed over here: all roots decide then.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::{self, Finder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Lines in which a root has its names. They are some 400 bytes, and decoding is most of the work.
const LINES_OF_NAMES: usize = 10;

/// The file of `SSL_CERT_FILE`, or the machine's.
pub(crate) fn read() -> Option<Vec<u8>> {
    fs::read(openssl_probe::probe().cert_file?).ok()
}

pub(crate) fn has_any(bundle: &[u8]) -> bool {
    certificates(bundle).any(|text| add(&mut RootCertStore::empty(), text))
}

/// Those certificates that hold one of `names` near their beginning. A root with a long name can be missed.
pub(crate) fn named(bundle: &[u8], names: &[&[u8]]) -> RootCertStore {
    let names: Vec<_> = names.iter().map(Finder::new).collect();
    let mut roots = RootCertStore::empty();
    for text in certificates(bundle) {
        let beginning = decode(text, LINES_OF_NAMES).unwrap_or_default();
        if names.iter().any(|name| name.find(&beginning).is_some()) {
            add(&mut roots, text);
        }
    }
    roots
}

/// `false` if it cannot be parsed.
fn add(roots: &mut RootCertStore, text: &[u8]) -> bool {
    decode(text, usize::MAX).is_some_and(|der| roots.add(CertificateDer::from(der)).is_ok())
}

/// The certificates of a bundle, in base64.
fn certificates(bundle: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(bundle, BEGIN).filter_map(|at| {
        let (_, begun) = bundle.split_at_checked(at + BEGIN.len())?;
        begun.split_at_checked(memmem::find(begun, END)?).map(|(text, _)| text)
    })
}

/// The first lines, decoded. Their lengths are multiples of 4 in every bundle that a tool wrote.
fn decode(text: &[u8], lines: usize) -> Option<Vec<u8>> {
    let mut base64 = Vec::with_capacity(1_024);
    let all = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    all.filter(|line| !line.is_empty()).take(lines).for_each(|line| base64.extend_from_slice(line));
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &str = include_str!("../../tenant-token/tests/tls/authority.pem");
    const ANOTHER: &str = include_str!("../../tenant-token/tests/tls/self-signed.pem");

    #[test]
    fn of_a_bundle_only_the_roots_of_a_name_are_parsed() {
        let bundle = format!("{}# ours\n{AUTHORITY}{ANOTHER}", ANOTHER.repeat(70));

        let bundle = bundle.as_bytes();
        let found = |name: &str| named(bundle, &[name.as_bytes()]).len();

        assert_eq!((found("authority of a test"), found("authority of nobody")), (1, 0));
        assert_eq!(named(bundle, &[b"authority of nobody", b"authority of a test"]).len(), 1);
    }

    #[test]
    fn a_bundle_without_a_root_has_none() {
        let cut = AUTHORITY.split_at(200).0;
        let other = AUTHORITY.replace("CERTIFICATE", "PRIVATE KEY");
        let garbage = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

        for (row, bundle) in [("empty", ""), ("cut", cut), ("a key", &other), ("garbage", garbage)] {
            assert!(!has_any(bundle.as_bytes()), "{row}");
        }
        assert!(has_any(format!("{garbage}{AUTHORITY}").as_bytes()));
    }
}
