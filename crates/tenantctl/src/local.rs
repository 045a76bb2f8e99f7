//! The table in a local file: dynoxide, a DynamoDB engine on SQLite, served to the SDK on loopback for as long as the
//! command runs.

use std::path::Path;

use dynoxide::Database;

use crate::failure::Failure;

/// Serves the file at `path`, which is made if it is not there, and gives the endpoint.
///
/// # Errors
///
/// [`Failure`] when the file cannot be opened, or there is no port.
pub async fn serve(path: &Path) -> Result<String, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("could not open the local table file {}: {error}", path.display()))
    };
    let foreign = |_: &dyn std::fmt::Display| {
        Failure::failed(format!("{} is no table file, or cannot be written", path.display()))
            .hint("--local takes a file that `tenantctl table create` or `cargo dev-stack --data` has made.")
    };
    let database = Database::new(&path.to_string_lossy()).map_err(|error| foreign(&error))?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| cannot(&error))?;
    let address = listener.local_addr().map_err(|error| cannot(&error))?;
    tokio::spawn(async move {
        if let Err(error) =
            dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await
        {
            anstream::eprintln!("tenantctl: the local table stopped: {error}");
        }
    });
    Ok(format!("http://{address}"))
}
