//! What the service does with orders. Each method takes the caller's token, and knows only the orders of its tenant.

mod in_memory;
mod postgres;

use serde::{Deserialize, Serialize};
use tenant_token::TenantToken;
use uuid::Uuid;

use crate::DatabaseError;
pub use in_memory::InMemory;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    pub id: Uuid,
    pub item: Item,
}

/// What is ordered: 1 to 200 characters, and no control characters.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct Item(String);

#[derive(Debug, thiserror::Error)]
#[error("an item has 1 to 200 characters, and no control characters")]
pub struct InvalidItem;

impl TryFrom<String> for Item {
    type Error = InvalidItem;

    fn try_from(text: String) -> Result<Self, InvalidItem> {
        let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(InvalidItem) }
    }
}

/// Implemented by [`Database`](crate::Database), and by [`InMemory`] for the demo.
pub trait Orders: Send + Sync + 'static {
    /// The first 100 orders by id.
    fn list(&self, token: &TenantToken) -> impl Future<Output = Result<Vec<Order>, DatabaseError>> + Send;

    fn find(
        &self,
        token: &TenantToken,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Order>, DatabaseError>> + Send;

    fn add(
        &self,
        token: &TenantToken,
        order: &Order,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Whether there was such an order.
    fn remove(
        &self,
        token: &TenantToken,
        id: Uuid,
    ) -> impl Future<Output = Result<bool, DatabaseError>> + Send;
}
