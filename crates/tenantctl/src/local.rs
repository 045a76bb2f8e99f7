//! The table in a local file: dynoxide, a DynamoDB engine on SQLite, served to the SDK on loopback for as long as the
//! command runs.

use std::fs::OpenOptions;
use std::path::Path;

use dynoxide::Database;

use crate::failure::Failure;

/// Serves the file at `path`, which is made if it is not there, and gives the endpoint.
pub(crate) async fn serve(path: &Path) -> Result<String, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("could not open the local table file {}: {error}", path.display()))
    };
    let foreign = |_: &dyn std::fmt::Display| {
        Failure::failed(format!("{} is not a table file, or is not writable", path.display()))
            .hint("Give --local a file that `tenantctl table create` or `cargo dev-stack --data` created.")
    };
    create_private(path).map_err(|error| foreign(&error))?;
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

/// Makes the file, which only its owner may read, if it is not there. SQLite gives its other files the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(|_| ()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_new_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenancy.db");

        serve(&path).await.unwrap();

        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        }
        assert!(path.exists());
    }
}
