//! ```text
//! orders-api                     serves orders from PostgreSQL
//! orders-api --in-memory         serves two orders each of the tenants acme and globex, without a database
//! orders-api --check-database    looks for ways around the tenant in the database; exit code 1 if there is one
//! ```
//!
//! Settings are environment variables. `README.md` lists them.

use std::{error::Error, process::ExitCode, str::FromStr as _, time::SystemTime};

use orders_api::{Database, InMemory, Orders, app};
use tenant_token::{Clients, HttpsKeys, Issuer, IssuerForm, Rules, TenantLayer, Verifier};
use tokio::net::TcpListener;

const CONNECTIONS: usize = 10;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("orders-api: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => serve(database()?).await,
        Some("--in-memory") => serve(InMemory::with_examples()).await,
        Some("--check-database") => check(&database()?).await,
        Some(_) => Err("usage: orders-api [--in-memory | --check-database]".into()),
    }
}

async fn serve(orders: impl Orders) -> Result<ExitCode, Box<dyn Error>> {
    let verifier = Verifier::new(rules()?, HttpsKeys::new()?)?;
    #[expect(clippy::disallowed_methods, reason = "the clock enters the program here")]
    let clock = SystemTime::now;
    if let Err(error) = verifier.prefetch(clock()).await {
        tracing::warn!("{error}; the first request tries again");
    }

    let address = setting("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(TenantLayer::new(verifier, clock), orders)).await?;
    Ok(ExitCode::SUCCESS)
}

async fn check(database: &Database) -> Result<ExitCode, Box<dyn Error>> {
    let findings = database.check().await?;
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    println!("no way around the tenant was found");
    Ok(ExitCode::SUCCESS)
}

fn rules() -> Result<Rules, Box<dyn Error>> {
    let mut issuers = Vec::new();
    for pool in setting("USER_POOLS")?.split(',') {
        if pool.contains("://") {
            issuers.push(Issuer::of_url(pool)?);
        } else {
            issuers.extend(Issuer::of_pool(pool, IssuerForm::Original)?);
        }
    }
    let clients = Clients::listed(setting("CLIENT_IDS")?.split(','));
    let scopes = setting("REQUIRED_SCOPES").unwrap_or_default();
    Ok(scopes.split_whitespace().fold(Rules::new(issuers, clients), Rules::scope))
}

fn database() -> Result<Database, Box<dyn Error>> {
    let config = tokio_postgres::Config::from_str(&setting("DATABASE_URL")?)?;
    Ok(Database::new(config, CONNECTIONS)?)
}

fn setting(name: &str) -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "settings enter the program here")]
    std::env::var(name).map_err(|_| format!("set {name}"))
}
