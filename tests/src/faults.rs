//! What a proxy before an engine does to requests. No engine fails when asked.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::http::{Message, answer};

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// An answer never comes.
    Hang,
    /// It comes late.
    Late(Duration),
    /// The connection is reset, and nothing was done.
    Reset,
    /// It is done, and the connection is reset before the answer.
    LoseAnswer,
    /// An answer with this status and body, and nothing was done.
    Answer(u16, &'static str),
}

impl Fault {
    /// The service is in trouble.
    pub const INTERNAL: Self = Self::Answer(500, r#"{"__type":"InternalServerError","message":"trouble"}"#);
    /// The table has no capacity.
    pub const THROTTLED: Self = Self::Answer(
        400,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
    );
    /// Cognito's `UserUpdate` quota, 25 a second, is used up.
    pub const TOO_MANY_REQUESTS: Self =
        Self::Answer(400, r#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#);
    /// The role may not.
    pub const NOT_ALLOWED: Self = Self::Answer(
        400,
        r#"{"__type":"AccessDeniedException","message":"User: ana@example.com is not authorized"}"#,
    );
    /// Success, and nonsense.
    pub const GARBAGE: Self = Self::Answer(200, "<html>ana@example.com</html>");
    /// Another transaction has an item of this one.
    pub const CONFLICT: Self = Self::Answer(
        400,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]}"#,
    );
}

/// An engine as one connection sees it.
pub trait Engine: Send {
    /// What happens to a request. Waits as long as the request must wait first.
    fn choose(&mut self, request: &Message) -> impl Future<Output = Option<Fault>> + Send;

    /// Does it, and gives the answer. `None`: the engine is gone.
    fn answer(&mut self, request: &Message) -> impl Future<Output = Option<Vec<u8>>> + Send;
}

/// Serves one connection, until either side ends it.
pub async fn serve(mut client: TcpStream, mut engine: impl Engine) -> Option<()> {
    loop {
        let request = Message::read(&mut client).await?;
        match engine.choose(&request).await {
            None => {}
            Some(Fault::Late(time)) => tokio::time::sleep(time).await,
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Reset) => return reset(client),
            Some(Fault::LoseAnswer) => {
                engine.answer(&request).await?;
                return reset(client);
            }
            Some(Fault::Answer(status, body)) => {
                client.write_all(answer(status, body).as_bytes()).await.ok()?;
                continue;
            }
        }
        let answer = engine.answer(&request).await?;
        client.write_all(&answer).await.ok()?;
    }
}

/// Sends a request to an engine that listens elsewhere, and gives its answer.
pub async fn ask(engine: &mut TcpStream, request: &Message) -> Option<Vec<u8>> {
    engine.write_all(&request.bytes).await.ok()?;
    Some(Message::read(engine).await?.bytes)
}

/// Ends the connection with a reset instead of a close.
fn reset(client: TcpStream) -> Option<()> {
    client.set_zero_linger().ok()?;
    drop(client);
    None
}
