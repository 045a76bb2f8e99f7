//! The front door, as a Lambda function or at a loopback address. Invalid settings stop it at start, before any request.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use function::metrics::Costs;
use function::{logging, run};
use router::{Entrance, FrontDoor, Gate, Start, listen};
use tenancy::route::Directory as _;
use tenancy_aws::{AwsClients, CachedDirectory, DynamoStore};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// Longest time that reading the cells may add to a cold start.
const WARM_UP_TIMEOUT: Duration = Duration::from_millis(400);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A value that is not UTF-8 must not count as missing.
    let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    logging::init(&lookup);
    let Start { config, entrance, table, aws } = match Start::read(&lookup) {
        Ok(start) => start,
        Err(error) => return logging::refuse_start(&error),
    };
    let store = DynamoStore::new(AwsClients::new(aws).dynamodb(), table);
    let directory = Arc::new(CachedDirectory::new(store.clone(), config.cache, SystemTime::now));
    // Opens the connection while Lambda gives the full CPU. The first request reads what this could not.
    let _ = timeout(WARM_UP_TIMEOUT, directory.cell(&config.default_cell)).await;
    let meters = Arc::clone(&directory);
    let costs = move || {
        let ((store_calls, store_time), cache) = (store.meter().take(), meters.meter().take());
        let (cache_hits, cache_misses, stale_served) = (cache.hits, cache.misses, cache.stale);
        Costs { store_calls, store_time, cache_hits, cache_misses, stale_served }
    };
    costs();
    let name = function::name(&lookup, "router");
    let is_plain = entrance != Entrance::Lambda;
    let door = FrontDoor::new(config, directory, is_plain, name, SystemTime::now, costs);
    match entrance {
        Entrance::Lambda => logging::exit(run(&Gate(door), SystemTime::now).await),
        Entrance::Loopback(address) => logging::exit(serve(door, address).await.map_err(Into::into)),
    }
}

/// The first line on standard output has the address.
async fn serve(door: FrontDoor<CachedDirectory>, address: SocketAddr) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    listen(door, listener).await
}
