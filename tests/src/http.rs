//! Just enough HTTP for a proxy before an engine, and for a client.

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// One HTTP message with a `content-length`, head and body.
#[derive(Debug)]
pub struct Message {
    /// The message as it came.
    pub bytes: Vec<u8>,
    head: usize,
}

impl Message {
    /// Reads one; `None` when the other side is done.
    pub async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let message = Self { bytes, head };
        let length: usize = message.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
        let Self { mut bytes, head } = message;
        while bytes.len() < head + length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        Some(Self { bytes, head })
    }

    /// The value of a header, its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(self.bytes.get(..self.head)?).into_owned();
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    }

    /// The operation of an AWS JSON request, such as `GetItem`.
    #[must_use]
    pub fn operation(&self) -> String {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default().to_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn body(&self) -> Value {
        serde_json::from_slice(self.bytes.get(self.head..).unwrap_or_default()).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes.get(self.head..).unwrap_or_default()).into_owned()
    }
}

/// An answer of an AWS JSON service.
#[must_use]
pub fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
