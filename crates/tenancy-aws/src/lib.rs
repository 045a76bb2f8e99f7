//! The ports of [`tenancy`] on AWS: one DynamoDB table, and a Cognito user pool.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`cache`] | [`CachedStore`], a store whose tenants and app client bindings are remembered |
//! | [`call_error`] | [`CallError`], why a call brought no answer |
//! | [`client`] | builds both SDK clients: one HTTP and TLS stack, explicit timeouts and retries |
//! | [`store`] | [`DynamoStore`], the table as the functions use it |
//! | [`users`] | [`CognitoUsers`], the user directory |
//! | [`table`] | the table itself |
//! | [`operator`] | what an operator reads and writes, each change planned first |
//! | `records` | how each item looks: its key, its attributes and the conditions of its writes, one file a record |
//! | `read`, `write` | what is asked of DynamoDB, and how it is asked again |
//!
//! How an item looks in the table is known in `records` and nowhere else.

pub mod cache;
pub mod call_error;
mod change;
pub mod client;
mod item;
mod key;
pub mod operator;
mod read;
mod records;
pub mod store;
pub mod table;
pub mod users;
mod write;

pub use cache::{CacheSettings, CachedStore};
pub use call_error::{CallError, CallFailure};
pub use client::{AwsClients, AwsSettings};
pub use store::{DynamoStore, StoreMeter};
pub use users::CognitoUsers;
