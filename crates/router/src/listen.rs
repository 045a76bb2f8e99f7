//! Requests over plain HTTP at a loopback address: for local stacks and tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use tenancy::route::Directory;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::service::{BUDGET, FrontDoor, Incoming};

/// Serves until the process ends. The first line on standard output has the address.
///
/// # Errors
///
/// An error of the system: the address cannot be listened at.
pub async fn listen<D: Directory + Send + Sync + 'static>(
    door: FrontDoor<D>,
    address: SocketAddr,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let (door, served) = (Arc::new(door), Arc::new(AtomicU64::new(0)));
    let serve = move |request: Request| {
        let (door, served) = (Arc::clone(&door), Arc::clone(&served));
        async move {
            let number = served.fetch_add(1, Ordering::Relaxed);
            let (request_id, began) = (format!("local-{number}"), Instant::now());
            let deadline = began + BUDGET;
            let incoming = Incoming { request_id: &request_id, is_cold_start: number == 0, began, deadline };
            door.answer(request, incoming).await
        }
    };
    axum::serve(listener, Router::new().fallback(serve)).await
}
