//! Whose certificates the SDK's calls trust: those of the machine, whichever authority signed and wherever its root is.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, in processes of its own")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, thread};

use aws_sdk_dynamodb::types::AttributeValue;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use tenancy_aws::{AwsClients, AwsSettings, CallError, CallFailure};

/// Where the child process finds the server.
const ENDPOINT: &str = "SERVER_OF_THE_TEST";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tenant-token/tests/tls").join(name)
}

fn pem(name: &str) -> Vec<u8> {
    fs::read(file(name)).unwrap()
}

/// Runs itself again, because the roots are those of a process.
#[test]
fn calls_reach_a_server_whose_authority_the_machine_trusts_and_no_other() {
    if let Ok(endpoint) = env::var(ENDPOINT) {
        return println!("outcome: {}", call(&endpoint));
    }
    let folder = tempfile::tempdir().unwrap();
    let bundle = |name: &str, parts: &[&[u8]]| {
        let path = folder.path().join(name);
        fs::write(&path, parts.concat()).unwrap();
        path
    };
    let (ours, another) = (pem("authority.pem"), pem("self-signed.pem"));
    let damaged = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    let with_returns = String::from_utf8(ours.clone()).unwrap().replace('\n', "\r\n");
    let authority_in_folder = folder.path().join("roots");
    fs::create_dir(&authority_in_folder).unwrap();
    fs::copy(file("authority.pem"), authority_in_folder.join("ours.pem")).unwrap();
    let no_folder = folder.path().join("none");
    let unknown = "NotConnected: invalid peer certificate: UnknownIssuer";
    let rows = [
        ("among others", bundle("a", &[&another, b"# ours\n", &ours]), &no_folder, "good.pem", "ok"),
        ("with carriage returns", bundle("b", &[with_returns.as_bytes()]), &no_folder, "good.pem", "ok"),
        ("after a damaged one", bundle("c", &[damaged, &ours]), &no_folder, "good.pem", "ok"),
        (
            "after text that is not UTF-8",
            bundle("d", &[b"# Autorit\xe9\n", &ours]),
            &no_folder,
            "good.pem",
            "ok",
        ),
        ("in the folder alone", bundle("e", &[&another]), &authority_in_folder, "good.pem", "ok"),
        ("nowhere", bundle("f", &[&another]), &no_folder, "good.pem", unknown),
        ("nowhere, an empty bundle", bundle("g", &[]), &no_folder, "good.pem", unknown),
        ("nowhere, no bundle", folder.path().join("missing"), &no_folder, "good.pem", unknown),
        (
            "of the same name, another key",
            bundle("h", &[&ours]),
            &no_folder,
            "other-authority.pem",
            "NotConnected: invalid peer certificate: BadSignature",
        ),
        (
            "a server of another name",
            bundle("i", &[&ours]),
            &no_folder,
            "other-name.pem",
            "NotConnected: invalid peer certificate: certificate not valid for name \"127.0.0.1\"",
        ),
        (
            "a server whose certificate has expired",
            bundle("j", &[&ours]),
            &no_folder,
            "expired.pem",
            "NotConnected: invalid peer certificate: certificate expired",
        ),
    ];

    for (row, file, folder, certificate, expected) in rows {
        for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
            let server = serve(certificate, version);
            let outcome = outcome_of_child(server, &file, folder);
            assert!(outcome.starts_with(expected), "{row}, {version:?}: {outcome}");
        }
    }
}

fn outcome_of_child(server: SocketAddr, bundle: &Path, folder: &Path) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "calls_reach_a_server_whose_authority_the_machine_trusts_and_no_other",
            "--nocapture",
        ])
        .env(ENDPOINT, format!("https://{server}"))
        .env("SSL_CERT_FILE", bundle)
        .env("SSL_CERT_DIR", folder)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let outcome = printed.lines().find_map(|line| Some(line.split_once("outcome: ")?.1.to_owned()));
    outcome.unwrap_or_else(|| format!("{printed}{}", String::from_utf8_lossy(&output.stderr)))
}

fn call(endpoint: &str) -> String {
    let settings = AwsSettings::read(|name| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("example".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    });
    let client = AwsClients::new(settings.unwrap()).dynamodb();
    let read = client.get_item().table_name("tenancy").key("pk", AttributeValue::S("TENANT#acme".to_owned()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut outcome = String::new();
    for _ in 0..20 {
        match runtime.block_on(read.clone().send()) {
            Ok(_) => return "ok".to_owned(),
            Err(error) => {
                let error = CallError::of(&error);
                outcome = format!("{:?}: {}", error.kind, error.cause.unwrap_or_default());
                // On a busy machine, that says nothing about the certificate.
                if !matches!(error.kind, CallFailure::TimedOut | CallFailure::ConnectTimedOut) {
                    break;
                }
            }
        }
    }
    outcome
}

/// Answers every request of DynamoDB with an empty object, until the test ends.
fn serve(certificate: &str, version: &'static SupportedProtocolVersion) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(file(certificate)).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(StreamOwned::new(connection, stream.unwrap()));
        }
    });
    address
}

fn answer(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    let mut request = Vec::new();
    let mut some = [0; 4_096];
    // The body of the request ends with the object's second brace.
    while !request.ends_with(b"}") {
        // A client that does not trust the certificate ends the connection.
        let Ok(count @ 1..) = stream.read(&mut some) else { return };
        request.extend(some.iter().take(count));
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
    let _ = stream.flush();
}
