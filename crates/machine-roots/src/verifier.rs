use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use crate::bundle;

/// Chooses roots. rustls's own verifier judges by them.
pub(crate) struct MachineRoots {
    provider: Arc<CryptoProvider>,
    /// With the roots that verified the last server.
    last: RwLock<Option<Arc<WebPkiServerVerifier>>>,
    /// With all roots; `None` where there are none.
    all: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl MachineRoots {
    pub(crate) fn new(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, last: RwLock::new(None), all: OnceLock::new() }
    }

    fn last(&self) -> Option<Arc<WebPkiServerVerifier>> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// With the roots that have the name of an issuer.
    fn named(&self, chain: &[&CertificateDer<'_>]) -> Option<Arc<WebPkiServerVerifier>> {
        let chain: Vec<_> = chain.iter().filter_map(|der| EndEntityCert::try_from(*der).ok()).collect();
        let issuers: Vec<_> = chain.iter().map(|certificate| certificate.issuer()).collect();
        self.with(bundle::named(&bundle::read()?, &issuers))
    }

    fn all(&self) -> Option<Arc<WebPkiServerVerifier>> {
        self.all.get_or_init(|| self.with(crate::all().ok()?)).clone()
    }

    /// `None` without roots.
    fn with(&self, roots: RootCertStore) -> Option<Arc<WebPkiServerVerifier>> {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider)).build().ok()
    }
}

impl ServerCertVerifier for MachineRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = std::iter::once(end_entity).chain(intermediates).collect();
        let choices: [&dyn Fn() -> Option<Arc<WebPkiServerVerifier>>; 3] =
            [&|| self.last(), &|| self.named(&chain), &|| self.all()];
        let mut judged = Err(CertificateError::UnknownIssuer.into());
        for verifier in choices.iter().filter_map(|choose| choose()) {
            judged = verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
            if judged.is_ok() {
                *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(verifier);
                break;
            }
        }
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for MachineRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineRoots")
    }
}
