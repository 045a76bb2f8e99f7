//! The bundle of root certificates, as PEM text. What looks odd is passed over here: all roots decide then.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The file of `SSL_CERT_FILE`, or the machine's.
pub(crate) fn read() -> Option<String> {
    fs::read_to_string(openssl_probe::probe().cert_file?).ok()
}

pub(crate) fn has_any(bundle: &str) -> bool {
    certificates(bundle).any(|der| RootCertStore::empty().add(der).is_ok())
}

/// Those certificates that hold one of `names`: every root with such a name is among them.
pub(crate) fn named(bundle: &str, names: &[&[u8]]) -> RootCertStore {
    let names: Vec<_> = names.iter().map(memmem::Finder::new).collect();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(
        certificates(bundle).filter(|der| names.iter().any(|name| name.find(der).is_some())),
    );
    roots
}

fn certificates(bundle: &str) -> impl Iterator<Item = CertificateDer<'static>> {
    bundle.split(BEGIN).skip(1).filter_map(|begun| {
        let (text, _) = begun.split_once(END)?;
        let mut base64 = String::with_capacity(text.len());
        base64.extend(text.lines());
        Some(CertificateDer::from(STANDARD.decode(base64).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &str = include_str!("../../tenant-token/tests/tls/authority.pem");
    const ANOTHER: &str = include_str!("../../tenant-token/tests/tls/self-signed.pem");

    #[test]
    fn of_a_bundle_only_the_roots_of_a_name_are_parsed() {
        let bundle = format!("{}# ours\n{AUTHORITY}{ANOTHER}", ANOTHER.repeat(70));

        let found = |name: &str| named(&bundle, &[name.as_bytes()]).len();

        assert_eq!((found("authority of a test"), found("authority of nobody")), (1, 0));
        assert_eq!(named(&bundle, &[b"authority of nobody", b"authority of a test"]).len(), 1);
    }

    #[test]
    fn a_bundle_without_a_root_has_none() {
        let cut = AUTHORITY.split_at(200).0;
        let other = AUTHORITY.replace("CERTIFICATE", "PRIVATE KEY");
        let garbage = format!("{BEGIN}\nMIIB\n{END}\n");

        for (row, bundle) in [("empty", ""), ("cut", cut), ("a key", &other), ("garbage", &garbage)] {
            assert!(!has_any(bundle), "{row}");
        }
        assert!(has_any(&format!("{garbage}{AUTHORITY}")));
    }
}
