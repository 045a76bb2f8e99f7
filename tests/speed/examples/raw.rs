//! The floor of a sign-in: no Lambda runtime, no async runtime and no AWS SDK. It asks the Runtime API for events on a plain
//! socket, reads the user's memberships by one signed request over TLS, and puts claims into the event as text. It has no
//! time limits, retries, cache or log, and believes what it reads.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac::Key;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

#[path = "../src/sigv4.rs"]
#[expect(dead_code, reason = "the keys are those of the environment")]
mod sigv4;

type Fallible<T> = Result<T, Box<dyn Error>>;

const NEXT: &[u8] = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n";

trait Duplex: Read + Write {}
impl<T: Read + Write> Duplex for T {}

fn main() -> Fallible<()> {
    let mut table = Table::open()?;
    let mut runtime = BufReader::new(TcpStream::connect(env::var("AWS_LAMBDA_RUNTIME_API")?)?);
    runtime.get_ref().set_nodelay(true)?;
    loop {
        runtime.get_mut().write_all(NEXT)?;
        let (head, event) = answer(&mut runtime)?;
        let id = between(&head, "Lambda-Runtime-Aws-Request-Id: ", "\r\n").ok_or("no request id")?;
        let pool = between(&event, "\"userPoolId\":\"", "\"").ok_or("no pool")?;
        let sub = between(&event, "\"sub\":\"", "\"").ok_or("no sub")?;
        let items = table.memberships(pool, sub)?;
        let tenant = between(&items, "\"tid\":{\"S\":\"", "\"").ok_or("no membership")?;
        let claims = format!("{{\"claimsToAddOrOverride\":{{\"tenant_id\":\"{tenant}\"}}}}");
        let reply = event.replace(
            "\"claimsAndScopeOverrideDetails\":null",
            &format!(
                "\"claimsAndScopeOverrideDetails\":{{\"idTokenGeneration\":{claims},\"accessTokenGeneration\":{claims}}}"
            ),
        );
        let post = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: runtime\r\nContent-Length: {}\r\n\r\n{reply}",
            reply.len()
        );
        runtime.get_mut().write_all(post.as_bytes())?;
        answer(&mut runtime)?;
    }
}

struct Table {
    stream: BufReader<Box<dyn Duplex>>,
    host: String,
    name: String,
    region: String,
    key_id: String,
    secret: String,
    token: String,
    /// The scope of the day, and its key.
    key: Option<(String, Key)>,
}

impl Table {
    fn open() -> Fallible<Self> {
        let endpoint = env::var("AWS_ENDPOINT_URL")?;
        let (scheme, host) = endpoint.split_once("://").ok_or("no scheme")?;
        let socket = TcpStream::connect(host)?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Duplex> =
            if scheme == "https" { Box::new(secured(socket, host)?) } else { Box::new(socket) };
        Ok(Self {
            stream: BufReader::new(stream),
            host: host.to_owned(),
            name: env::var("TENANCY_TABLE")?,
            region: env::var("AWS_REGION")?,
            key_id: env::var("AWS_ACCESS_KEY_ID")?,
            secret: env::var("AWS_SECRET_ACCESS_KEY")?,
            token: env::var("AWS_SESSION_TOKEN")?,
            key: None,
        })
    }

    fn memberships(&mut self, pool: &str, sub: &str) -> Fallible<String> {
        let body = format!(
            "{{\"TableName\":\"{}\",\"ConsistentRead\":true,\"KeyConditionExpression\":\"pk = :pk\",\
             \"ExpressionAttributeValues\":{{\":pk\":{{\"S\":\"USER#{pool}#{sub}\"}}}}}}",
            self.name
        );
        let date = now();
        let scope = format!("{}/{}/dynamodb/aws4_request", date.get(..8).ok_or("no day")?, self.region);
        if self.key.as_ref().is_none_or(|(known, _)| *known != scope) {
            self.key = Some((scope.clone(), sigv4::key(&self.secret, &scope)));
        }
        let key = &self.key.as_ref().ok_or("no key")?.1;
        let (host, token) = (&self.host, &self.token);
        let canonical = format!(
            "POST\n/\n\nhost:{host}\nx-amz-date:{date}\nx-amz-security-token:{token}\n\n\
             host;x-amz-date;x-amz-security-token\n{}",
            sigv4::hash(body.as_bytes())
        );
        let signature = sigv4::signature(key, &date, &scope, &canonical);
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.0\r\n\
             X-Amz-Target: DynamoDB_20120810.Query\r\nX-Amz-Date: {date}\r\nX-Amz-Security-Token: {token}\r\n\
             Authorization: {} Credential={}/{scope}, SignedHeaders=host;x-amz-date;x-amz-security-token, \
             Signature={signature}\r\nContent-Length: {}\r\n\r\n{body}",
            sigv4::ALGORITHM,
            self.key_id,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(request.as_bytes())?;
        stream.flush()?;
        Ok(answer(&mut self.stream)?.1)
    }
}

/// TLS that trusts one authority, with the handshake done: ours do it before the first event too.
fn secured(mut socket: TcpStream, host: &str) -> Fallible<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(env::var("SPEED_AUTHORITY")?)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name).to_owned();
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name)?)?;
    connection.complete_io(&mut socket)?;
    Ok(StreamOwned::new(connection, socket))
}

/// The head and the body of an answer.
fn answer(stream: &mut impl BufRead) -> Fallible<(String, String)> {
    let mut head = String::with_capacity(512);
    while stream.read_line(&mut head)? > 2 {}
    let length = between(&head, "Content-Length: ", "\r\n").ok_or("no length")?.parse()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, String::from_utf8(body)?))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// As `20261129T053000Z`.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// Days since 1970 as a date (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}
