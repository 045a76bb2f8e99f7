//! The keys of the stand-ins, made once by `openssl`: an authority, the store's certificate, a user pool's key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Fallible;

/// Where this machine has its root certificates: Debian, Fedora and Amazon Linux.
const OF_MACHINE: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
/// Root certificates that a function loads when it starts. Machines differ in the number of theirs, and most of the
/// instructions of a start are these. Amazon Linux 2023 has about 140.
pub(crate) const ROOTS: usize = 140;
const END: &str = "-----END CERTIFICATE-----\n";

pub(crate) struct Certificates {
    /// The authority alone.
    pub(crate) authority: PathBuf,
    /// The authority among root certificates of this machine, [`ROOTS`] in all.
    pub(crate) bundle: PathBuf,
    pub(crate) server: Arc<ServerConfig>,
    /// Of the user pool, PKCS #8.
    pub(crate) pool_key: PathBuf,
}

impl Certificates {
    pub(crate) fn ready(folder: &Path) -> Fallible<Self> {
        fs::create_dir_all(folder)?;
        let at = |name: &str| folder.join(name);
        let (authority, chain, key) = (at("authority.pem"), at("server.pem"), at("server.key"));
        let (bundle, pool_key) = (at("bundle.pem"), at("pool.key"));
        if !pool_key.exists() {
            make(folder)?;
        }
        let theirs = OF_MACHINE.iter().find_map(|path| fs::read_to_string(path).ok());
        let theirs = theirs.ok_or("this machine has no root certificates; install ca-certificates")?;
        let mut all: Vec<&str> = theirs.split_inclusive(END).filter(|one| one.ends_with(END)).collect();
        all.truncate(ROOTS - 1);
        let number = all.len() + 1;
        if number < ROOTS {
            return Err(format!(
                "this machine has {} root certificates, {} are needed",
                number - 1,
                ROOTS - 1
            )
            .into());
        }
        fs::write(&bundle, all.concat() + &fs::read_to_string(&authority)?)?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        let chain = CertificateDer::pem_file_iter(chain)?.collect::<Result<Vec<_>, _>>()?;
        let server =
            server.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
        Ok(Self { authority, bundle, server: Arc::new(server), pool_key })
    }
}

/// RSA-2048, as the endpoints of AWS have it.
fn make(folder: &Path) -> Fallible<()> {
    fs::write(folder.join("server.ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")?;
    for command in [
        "req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=speed-authority -keyout authority.key -out authority.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=speed-store -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 3650 -extfile server.ext -out server.pem",
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pool.key",
    ] {
        let made = Command::new("openssl").args(command.split(' ')).current_dir(folder).output();
        let made =
            made.map_err(|error| format!("openssl, which makes the certificates, does not start: {error}"))?;
        if !made.status.success() {
            return Err(format!("openssl {command}: {}", String::from_utf8_lossy(&made.stderr)).into());
        }
    }
    Ok(())
}
