//! Which certificate authorities are trusted: those of the system, or, as the AWS CLI has it, only those in the file of
//! `AWS_CA_BUNDLE` or of the profile's `ca_bundle`.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine as _;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::failure::Failure;

/// Reads the file at `path`, which `setting` names.
pub(crate) fn read(setting: &str, path: &str) -> Result<TlsContext, Failure> {
    let refuse = |why: &str| {
        Failure::usage(format!("{setting} names {path}, {why}"))
            .hint("It must be a file of certificates in PEM format, such as that of your proxy.")
    };
    let text = std::fs::read(path).map_err(|error| refuse(&format!("which cannot be read: {error}")))?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| refuse(&format!("which is malformed: {error}")))?;
    // The HTTP client takes the whole file or panics, so it is given only what it can read.
    let mut pem = String::new();
    for certificate in certificates {
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            pem += "-----BEGIN CERTIFICATE-----\n";
            pem += &base64::engine::general_purpose::STANDARD.encode(&certificate);
            pem += "\n-----END CERTIFICATE-----\n";
        }
    }
    if pem.is_empty() {
        return Err(refuse("which holds no certificate"));
    }
    TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(pem))
        .build()
        .map_err(|error| refuse(&format!("which cannot be used: {error}")))
}
