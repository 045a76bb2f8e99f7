//! HTTP servers on loopback that stop together.

use axum::{Router, serve::ListenerExt as _};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::DevStackError;

/// Told once, when the stack stops.
pub(crate) type Shutdown = watch::Receiver<bool>;

/// A listener on a port of 127.0.0.1, and its `host:port`. `None` takes a free port.
pub(crate) async fn bind(port: Option<u16>) -> Result<(TcpListener, String), DevStackError> {
    let address = format!("127.0.0.1:{}", port.unwrap_or_default());
    let listen = |source| DevStackError::Listen { address: address.clone(), source };
    let listener = TcpListener::bind(&address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok((listener, address.to_string()))
}

/// Serves `router` until the stack stops.
pub(crate) fn spawn(listener: TcpListener, router: Router, shutdown: Shutdown) -> JoinHandle<()> {
    // Small answers in two writes would wait 40 ms for each other's acknowledgement.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move {
        let server = axum::serve(listener, router).with_graceful_shutdown(stopped(shutdown));
        if let Err(error) = server.await {
            eprintln!("dev-stack: a server failed: {error}");
        }
    })
}

/// Resolves when the stack stops or is dropped.
pub(crate) async fn stopped(mut shutdown: Shutdown) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}
