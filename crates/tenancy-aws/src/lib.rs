//! The adapters of [`tenancy`]'s ports: one DynamoDB table and a Cognito user pool.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`cache`] | [`CachedStore`], a store that caches tenants and app client bindings |
//! | [`call_error`] | [`CallError`], why an AWS call failed |
//! | [`directory`] | [`CachedDirectory`], what routing reads |
//! | [`client`] | builds both SDK clients: one HTTP and TLS stack, explicit timeouts and retries |
//! | [`store`] | [`DynamoStore`], the table's ports for the functions |
//! | [`users`] | [`CognitoUsers`], the user directory |
//! | [`table`] | creates and inspects the table itself |
//! | [`operator`] | the reads of an operator, and the changes, each planned before it is written |
//! | `records` | the layout of each item: key, attributes and write conditions, one file for each record |
//! | `read`, `write` | the calls to DynamoDB and their retries |
//!
//! Only `records` knows the layout of an item.

pub mod cache;
pub mod call_error;
mod change;
pub mod client;
#[cfg(test)]
mod conditions;
pub mod directory;
mod http;
mod item;
mod key;
pub mod operator;
mod read;
mod records;
mod sigv4;
pub mod store;
pub mod table;
pub mod users;
mod write;

pub use cache::{CacheSettings, CachedStore};
pub use call_error::{CallError, CallFailure};
pub use client::{AwsClients, AwsSettings};
pub use directory::CachedDirectory;
#[doc(hidden)]
pub use records::again::written_again;
pub use store::{DynamoStore, StoreMeter};
pub use users::CognitoUsers;
