//! `DynamoDB`: dynoxide, in this process.

use std::path::Path;

use dynoxide::Database;
use tokio::task::JoinHandle;

use crate::{
    DevStackError,
    serve::{self, Shutdown},
};

/// Starts the engine on a free port: in memory, or on the file `data`. Gives its URL.
pub(crate) async fn start(
    port: Option<u16>,
    data: Option<&Path>,
    shutdown: Shutdown,
) -> Result<(String, JoinHandle<()>), DevStackError> {
    let database = match data {
        None => Database::memory(),
        Some(path) => Database::new(&path.to_string_lossy()),
    };
    let database = database.map_err(|error| DevStackError::TableStore(error.to_string()))?;
    let (listener, address) = serve::bind(port).await?;
    let server = tokio::spawn(async move {
        let served = dynoxide::server::serve_with_shutdown(listener, database, serve::stopped(shutdown));
        if let Err(error) = served.await {
            eprintln!("dev-stack: {error}");
        }
    });
    Ok((format!("http://{address}"), server))
}
