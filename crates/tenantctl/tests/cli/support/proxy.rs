//! A proxy before the local stack: it writes the calls down, and can kill or interrupt the process that makes them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::{Semaphore, oneshot};

use super::{Desk, Run};

/// A call that was answered: its operation, and the body.
pub(crate) type Call = (String, String);

struct Proxy {
    calls: Mutex<Vec<Call>>,
    /// Told after so many calls. From then on, answers wait.
    limit: usize,
    reached: Mutex<Option<oneshot::Sender<()>>>,
    /// Closed when the answers need not wait any more.
    gate: Semaphore,
}

impl Proxy {
    fn with_limit(limit: usize) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (reached, is_reached) = oneshot::channel();
        let (calls, reached) = (Mutex::default(), Mutex::new(Some(reached)));
        (Arc::new(Self { calls, limit, reached, gate: Semaphore::new(0) }), is_reached)
    }

    /// The line, with a proxy before each service.
    async fn command(self: &Arc<Self>, desk: &Desk, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantctl"));
        command.args(line).env_clear().envs(proxied(desk, self).await).current_dir(desk.folder.path());
        command.kill_on_drop(true);
        command
    }
}

/// Runs the line, and kills it when the stack has answered `limit` calls, before the answer is known. Gives the calls, and
/// whether the process was killed.
pub(crate) async fn run_until(desk: &Desk, line: &[&str], limit: usize) -> (Vec<Call>, bool) {
    let (proxy, is_reached) = Proxy::with_limit(limit);
    let mut command = proxy.command(desk, line).await;
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let is_killed = tokio::select! {
        ended = process.wait() => { assert!(ended.unwrap().success()); false }
        _ = is_reached => { process.kill().await.unwrap(); true }
    };
    let calls = std::mem::take(&mut *proxy.calls.lock().unwrap());
    (calls, is_killed)
}

/// Runs the line, and sends it the signal of ctrl-c when the stack has answered `limit` calls. The answer waits until the
/// process says that it stops.
pub(crate) async fn interrupt_after(desk: &Desk, line: &[&str], limit: usize) -> Run {
    let (proxy, is_reached) = Proxy::with_limit(limit);
    let mut command = proxy.command(desk, line).await;
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    is_reached.await.unwrap();
    let interrupt = Command::new("kill").args(["-INT", &process.id().unwrap().to_string()]).status();
    assert!(interrupt.await.unwrap().success());
    let mut says = BufReader::new(process.stderr.take().unwrap());
    let mut stderr = String::new();
    while !stderr.contains("stopping after the current step") {
        assert_ne!(says.read_line(&mut stderr).await.unwrap(), 0, "it ended: {stderr}");
    }
    proxy.gate.close();
    let output = process.wait_with_output().await.unwrap();
    says.read_to_string(&mut stderr).await.unwrap();
    let code = output.status.code().unwrap_or(-1);
    Run { code, stdout: String::from_utf8(output.stdout).unwrap(), stderr }
}

/// The environment of a run, with a proxy before each service.
async fn proxied(desk: &Desk, proxy: &Arc<Proxy>) -> BTreeMap<String, String> {
    let mut environment = desk.environment();
    for (name, url) in &mut environment {
        if name.starts_with("AWS_ENDPOINT_URL") {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let upstream = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
            *url = format!("http://{}", listener.local_addr().unwrap());
            let proxy = Arc::clone(proxy);
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(exchange(client, upstream.clone(), Arc::clone(&proxy)));
                }
            });
        }
    }
    environment
}

/// One call, on a connection of its own.
async fn exchange(mut client: TcpStream, upstream: String, proxy: Arc<Proxy>) -> Option<()> {
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

    let calls = {
        let mut calls = proxy.calls.lock().unwrap();
        calls.push((operation, body));
        calls.len()
    };
    if calls >= proxy.limit {
        let reached = proxy.reached.lock().unwrap().take();
        let _ = reached.map(|reached| reached.send(()));
        // An error: the gate was closed.
        let _ = proxy.gate.acquire().await;
    }
    client.write_all(&answer).await.ok()
}
