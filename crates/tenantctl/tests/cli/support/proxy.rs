//! A proxy before the local stack: it writes the calls down, and can kill the process that makes them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::Desk;

/// A call that was answered: its operation, and the body.
pub(super) type Call = (String, String);

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    /// Told after so many calls.
    limit: usize,
    reached: Option<oneshot::Sender<()>>,
}

/// Runs the line, and kills it when the stack has answered `limit` calls, before the answer is known. Gives the calls, and
/// whether the process was killed.
pub(super) async fn run_until(desk: &Desk, line: &[&str], limit: usize) -> (Vec<Call>, bool) {
    let (reached, is_reached) = oneshot::channel();
    let state = Arc::new(Mutex::new(State { limit, reached: Some(reached), ..State::default() }));
    let environment = proxied(desk, &state).await;
    let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantctl"))
        .args(line)
        .env_clear()
        .envs(environment)
        .current_dir(desk.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_killed = tokio::select! {
        ended = process.wait() => { assert!(ended.unwrap().success()); false }
        _ = is_reached => { process.kill().await.unwrap(); true }
    };
    let calls = std::mem::take(&mut state.lock().unwrap().calls);
    (calls, is_killed)
}

/// The environment of a run, with a proxy before each service.
async fn proxied(desk: &Desk, state: &Arc<Mutex<State>>) -> BTreeMap<String, String> {
    let mut environment = desk.environment();
    for (name, url) in &mut environment {
        if name.starts_with("AWS_ENDPOINT_URL") {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let upstream = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
            *url = format!("http://{}", listener.local_addr().unwrap());
            let state = Arc::clone(state);
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(exchange(client, upstream.clone(), Arc::clone(&state)));
                }
            });
        }
    }
    environment
}

/// One call, on a connection of its own.
async fn exchange(mut client: TcpStream, upstream: String, state: Arc<Mutex<State>>) -> Option<()> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    };
    let headers = String::from_utf8_lossy(&request[..head]).into_owned();
    let header = |name: &str| {
        let mut lines = headers.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    while request.len() < head + length {
        if client.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let target = header("x-amz-target").and_then(|target| target.rsplit('.').next().map(str::to_owned));
    let operation = target.unwrap_or_else(|| headers.split(' ').nth(1).unwrap_or_default().to_owned());
    let body = String::from_utf8_lossy(&request[head..]).into_owned();

    let mut server = TcpStream::connect(upstream).await.ok()?;
    let closing = headers.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(closing.as_bytes()).await.ok()?;
    server.write_all(&request[head..]).await.ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.ok()?;

    let reached = {
        let mut state = state.lock().unwrap();
        state.calls.push((operation, body));
        if state.calls.len() >= state.limit { Some(state.reached.take()) } else { None }
    };
    if let Some(reached) = reached {
        let _ = reached.map(|reached| reached.send(()));
        return None;
    }
    client.write_all(&answer).await.ok()
}
