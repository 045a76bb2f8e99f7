//! The only way to a connection. The pool is private to this module, so other code cannot run a query outside a tenant.

use std::{error::Error, time::Duration};

use deadpool_postgres::{
    BuildError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts, Transaction,
};
use tenant_token::TenantToken;
use tokio_postgres::{Config, NoTls, error::DbError};

/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(2);

/// The orders database.
///
/// There is no connection without a tenant:
///
/// ```compile_fail,E0616
/// # use orders_api::Database;
/// # async fn example(database: Database) {
/// let connection = database.pool.get().await;
/// # }
/// ```
pub struct Database {
    pool: Pool,
}

/// For the log: callers are told a status.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("no connection to the database: {}", reason(.0))]
    NoConnection(#[from] PoolError),
    #[error("query failed: {}", reason(.0))]
    Query(#[from] tokio_postgres::Error),
}

impl Database {
    /// A pool for the database at `config`. It connects when a request needs a connection.
    ///
    /// # Errors
    ///
    /// [`BuildError`], if the program has no runtime for the pool's time-outs.
    pub fn new(config: Config, connections: usize) -> Result<Self, BuildError> {
        // Before each use: `RESET ALL`, and no temporary tables or locks of the request before.
        let clean = ManagerConfig { recycling_method: RecyclingMethod::Clean };
        let timeouts = Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) };
        let pool = Pool::builder(Manager::from_config(config, NoTls, clean))
            .max_size(connections)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    /// Runs `work` in a transaction that sees and writes only the rows of the token's tenant.
    ///
    /// Commits if `work` succeeds. Rolls back if it fails or panics, or if the caller goes away.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]; nothing was changed, unless the commit itself failed.
    pub async fn in_tenant<T>(
        &self,
        token: &TenantToken,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, DatabaseError> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.transaction().await?;
        // `true`: until the end of this transaction, and not of the session, which the next request gets.
        let tenant = token.tenant().as_str();
        transaction.execute("SELECT set_config('app.tenant_id', $1, true)", &[&tenant]).await?;
        let result = work(&transaction).await?;
        transaction.commit().await?;
        Ok(result)
    }

    /// Looks for ways around the tenant in this database, with the rights of the service's role. Each finding is a sentence.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn check(&self) -> Result<Vec<String>, DatabaseError> {
        let connection = self.pool.get().await?;
        let findings = connection.query(include_str!("../database/check.sql"), &[]).await?;
        Ok(findings.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

/// The first cause, without the server's `DETAIL`: that has values of rows.
fn reason(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(earlier) = cause.source() {
        cause = earlier;
    }
    match cause.downcast_ref::<DbError>() {
        Some(error) => format!("{} (SQLSTATE {})", error.message(), error.code().code()),
        None => cause.to_string(),
    }
}
