//! Orders of many tenants in one PostgreSQL database: an example for [`tenant_token`].
//!
//! - `api`: the routes. Each takes a `TenantToken`, and hands it on.
//! - `orders`: what the service does with orders, in PostgreSQL or in memory.
//! - `database`: the only way to a connection. A query runs in the tenant of a token, or not at all.
//! - `problem`: what a caller is told when something fails.

mod api;
mod database;
mod orders;
mod problem;

pub use api::app;
pub use database::{Database, DatabaseError};
pub use orders::{InMemory, InvalidItem, Item, Order, Orders};
