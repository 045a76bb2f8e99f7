//! Key sets from a server with TLS: only one whose certificate is good can name keys.

use std::{
    env,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::json;
use tenant_token::{Clients, FetchError, HttpsKeys, Issuer, JwksUrl, KeySource, Refusal, Rules, Verifier};

use crate::support::*;

/// Where `HttpsKeys` finds the root certificates of the operating system, if it is set.
const ROOTS: &str = "SSL_CERT_FILE";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Runs itself again, in a process in which the authority of the tests is the only root.
#[test]
fn keys_come_only_from_a_server_with_a_good_certificate() {
    let authority = file("authority.pem");
    if env::var_os(ROOTS).is_some_and(|roots| authority == *roots) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(judge_servers());
        println!("all servers were judged");
        return;
    }
    let mut again = Command::new(env::current_exe().unwrap());
    again
        .args([
            "--exact",
            "certificates::keys_come_only_from_a_server_with_a_good_certificate",
            "--nocapture",
        ])
        .env(ROOTS, authority);

    let output = again.output().unwrap();

    let printed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.contains("all servers were judged"), "{printed}");
}

/// Fetches again after a fetch that got no answer in time: on a busy machine, that says nothing about the certificate.
struct Patient(HttpsKeys);

fn patient() -> Patient {
    Patient(HttpsKeys::new().unwrap())
}

impl KeySource for Patient {
    async fn fetch(&self, url: &JwksUrl) -> Result<Vec<u8>, FetchError> {
        for _ in 0..20 {
            match self.0.fetch(url).await {
                Err(error) if error.to_string().starts_with("no answer in") => {}
                ended => return ended,
            }
        }
        panic!("no fetch was answered in time")
    }
}

async fn judge_servers() {
    let issuer = issuer_with("good.pem");
    let rules = Rules::new([issuer.clone()], Clients::OfThePools);
    let verifier = Verifier::new(rules, patient()).unwrap();
    let token = signed(&but(access_claims(), json!({ "iss": issuer.url() })));
    assert_eq!(verifier.verify(&token, now()).await.unwrap().tenant().as_str(), "acme");

    for (certificate, reason) in [
        ("expired.pem", "certificate expired"),
        ("early.pem", "certificate not valid yet"),
        ("other-name.pem", "certificate not valid for name \"127.0.0.1\""),
        ("other-authority.pem", "invalid peer certificate: BadSignature"),
        ("self-signed.pem", "invalid peer certificate: UnknownIssuer"),
    ] {
        let issuer = issuer_with(certificate);
        let error = patient().fetch(issuer.keys_url()).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{certificate}: {error}");

        let rules = Rules::new([issuer.clone()], Clients::OfThePools);
        let verifier = Verifier::new(rules, patient()).unwrap();
        let token = signed(&but(access_claims(), json!({ "iss": issuer.url() })));
        assert_eq!(
            verifier.verify(&token, now()).await.unwrap_err(),
            Refusal::KeysUnavailable,
            "{certificate}"
        );
    }
}

#[tokio::test]
async fn a_tls_configuration_of_ones_own_decides_whom_to_trust() {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("authority.pem")).unwrap()).unwrap();
    let tls = ClientConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let keys = Patient(HttpsKeys::with_tls(tls));

    assert!(keys.fetch(issuer_with("good.pem").keys_url()).await.is_ok());
    let error = keys.fetch(issuer_with("self-signed.pem").keys_url()).await.unwrap_err().to_string();
    assert!(error.contains("invalid peer certificate: UnknownIssuer"), "{error}");
    assert!(patient().fetch(issuer_with("good.pem").keys_url()).await.is_err());
}

/// An issuer on loopback that serves its key set with TLS, until the test ends.
fn issuer_with(certificate: &str) -> Issuer {
    let certificate = CertificateDer::from_pem_file(file(certificate)).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream.unwrap()));
        }
    });
    Issuer::of_url(&format!("https://{address}/pool")).unwrap()
}

fn answer(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    let mut request = Vec::new();
    let mut some = [0; 1_024];
    while !request.windows(4).any(|found| found == b"\r\n\r\n") {
        // A client that does not trust the certificate ends the connection.
        let Ok(1..) = stream.read(&mut some).inspect(|count| request.extend_from_slice(&some[..*count]))
        else {
            return;
        };
    }
    let keys = KEY.jwks(KID);
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", keys.len());
    let _ = stream.write_all(&keys);
    let _ = stream.flush();
}
