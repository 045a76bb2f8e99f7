//! TLS clients that trust the root certificates of the machine, and read few of them.
//!
//! A machine has about 140 root certificates, in a bundle and often in folders too. Reading them all is most of the work of a
//! cold start. A server's certificates name their issuers. So only the roots of these names are read from the bundle. If the
//! server cannot be verified with them, all roots are read, as [`rustls_native_certs`] finds them, and they decide.
//!
//! Neither more nor less is trusted that way. The named roots are some of all roots; and no other root could verify the server,
//! because a root must have the name of an issuer.

#![forbid(unsafe_code)]

mod bundle;
mod verifier;

use std::io;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, Error, RootCertStore};

/// The configuration of a TLS client, on ring. It has the settings of rustls, except for the way in which roots are read.
///
/// Roots are read when a server is verified. A machine without any verifies none: [`look`] finds out before.
///
/// # Errors
///
/// None is known: ring has what TLS 1.2 and 1.3 need.
pub fn client_config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(default_provider());
    let verifier = Arc::new(verifier::MachineRoots::new(Arc::clone(&provider)));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Finds out whether the machine has any root certificate, and reads no more of them than it must.
///
/// # Errors
///
/// There is none that can be parsed.
pub fn look() -> Result<(), io::Error> {
    if bundle::read().is_some_and(|bundle| bundle::has_any(&bundle)) { Ok(()) } else { all().map(|_| ()) }
}

/// All roots of the machine.
fn all() -> Result<RootCertStore, io::Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (_, invalid) = roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let errors = found.errors;
        let none = format!("no native root CA certificates found ({invalid} invalid; errors: {errors:?})");
        tracing::warn!("{none}");
        return Err(io::Error::new(io::ErrorKind::NotFound, none));
    }
    Ok(roots)
}
