//! No query here names a tenant. The policy and the default of `database/2-orders.sql` do.

use tenant_token::TenantToken;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use super::{Item, Order, Orders};
use crate::{Database, DatabaseError};

impl Orders for Database {
    async fn list(&self, token: &TenantToken) -> Result<Vec<Order>, DatabaseError> {
        self.in_tenant(token, async |tx| {
            let rows = tx.query("SELECT id, item FROM orders ORDER BY id LIMIT 100", &[]).await?;
            rows.iter().map(order).collect()
        })
        .await
    }

    async fn find(&self, token: &TenantToken, id: Uuid) -> Result<Option<Order>, DatabaseError> {
        self.in_tenant(token, async |tx| {
            let row = tx.query_opt("SELECT id, item FROM orders WHERE id = $1", &[&id]).await?;
            row.as_ref().map(order).transpose()
        })
        .await
    }

    async fn add(&self, token: &TenantToken, Order { id, item }: &Order) -> Result<(), DatabaseError> {
        self.in_tenant(token, async |tx| {
            tx.execute("INSERT INTO orders (id, item) VALUES ($1, $2)", &[id, &item.0]).await?;
            Ok(())
        })
        .await
    }

    async fn remove(&self, token: &TenantToken, id: Uuid) -> Result<bool, DatabaseError> {
        self.in_tenant(token, async |tx| {
            let removed = tx.execute("DELETE FROM orders WHERE id = $1", &[&id]).await?;
            Ok(removed == 1)
        })
        .await
    }
}

fn order(row: &Row) -> Result<Order, Error> {
    Ok(Order { id: row.try_get("id")?, item: Item(row.try_get("item")?) })
}
