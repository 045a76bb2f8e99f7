//! A server that plays any service of AWS, and gives the answers that a test wants: errors in the protocol of the service.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::json;

/// A call.
pub(crate) struct Request {
    /// `ListUsers`, `GetCallerIdentity`, or the path.
    pub(crate) operation: String,
    protocol: Protocol,
}

#[derive(Clone, Copy)]
enum Protocol {
    Json,
    Query,
    Rest,
}

/// An answer: status, headers, body.
pub(crate) struct Answer(u16, String, String);

impl Request {
    /// Reads one; `None` when the client has gone away.
    fn read(stream: &mut impl Read) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let path = line.split_whitespace().nth(1)?.split('?').next()?.to_owned();
        let (mut target, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 || line == "\r\n" {
                break;
            }
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "x-amz-target" => target = value.trim().rsplit('.').next().map(str::to_owned),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
        let (operation, protocol) = match (target, action) {
            (Some(target), _) => (target, Protocol::Json),
            (None, Some(action)) => (action, Protocol::Query),
            (None, None) => (path, Protocol::Rest),
        };
        Some(Self { operation, protocol })
    }

    /// An error.
    pub(crate) fn error(&self, code: &str, message: &str) -> Answer {
        match self.protocol {
            Protocol::Json => Answer(
                400,
                "content-type: application/x-amz-json-1.1\r\n".to_owned(),
                json!({ "__type": code, "message": message }).to_string(),
            ),
            Protocol::Query => Answer(
                403,
                "content-type: text/xml\r\n".to_owned(),
                format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                     <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                ),
            ),
            Protocol::Rest => Answer(
                403,
                format!("content-type: application/json\r\nx-amzn-errortype: {code}\r\n"),
                json!({ "message": message }).to_string(),
            ),
        }
    }
}

impl Answer {
    /// A document.
    pub(crate) fn ok(body: &serde_json::Value) -> Self {
        Self(200, "content-type: application/json\r\n".to_owned(), body.to_string())
    }
}

/// Serves until the test ends; gives the URL.
pub(crate) fn serve(answer: impl Fn(&Request) -> Answer + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            exchange(&mut stream.unwrap(), &answer);
        }
    });
    url
}

/// The same with TLS, as `localhost` and 127.0.0.1, with the certificate that `tls/authority.pem` has signed.
pub(crate) fn serve_tls(answer: impl Fn(&Request) -> Answer + Send + 'static) -> String {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            exchange(&mut rustls::StreamOwned::new(connection, stream.unwrap()), &answer);
        }
    });
    url
}

fn exchange(stream: &mut (impl Read + Write), answer: &impl Fn(&Request) -> Answer) {
    // A client that does not trust the certificate ends the connection.
    let Some(request) = Request::read(stream) else { return };
    let Answer(status, headers, body) = answer(&request);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} fake\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.flush();
}
