//! The service on a port of its own, and a client that is just large enough.

use std::net::SocketAddr;

use orders_api::{Orders, app};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::tokens;

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub(crate) async fn serve(orders: impl Orders) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app(tokens::layer(), orders)).await });
    address
}

pub(crate) async fn send(to: SocketAddr, token: &str, request: &str, body: &str) -> Answer {
    let mut stream = begin(to, token, request, body).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: no answer"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// Sends a request such as `GET /orders`, and does not wait for the answer.
pub(crate) async fn begin(to: SocketAddr, token: &str, request: &str, body: &str) -> TcpStream {
    let authorization =
        if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let length = body.len();
    let message = format!(
        "{request} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{authorization}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(message.as_bytes()).await.unwrap();
    stream
}
