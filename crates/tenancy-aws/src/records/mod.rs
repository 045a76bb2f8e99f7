//! The records of the table, one file each: key, index keys, encoding, decoding and write conditions. No other code names
//! their attributes. `docs/table.md` describes the attributes.

pub(crate) mod again;
pub(crate) mod audit;
pub(crate) mod cell;
pub(crate) mod client;
pub(crate) mod domain;
pub(crate) mod invite;
pub(crate) mod invite_use;
pub(crate) mod listed;
pub(crate) mod member;
pub(crate) mod pointer;
pub(crate) mod profile;
pub(crate) mod provider;
pub(crate) mod slug;
pub(crate) mod tenant;
pub(crate) mod user;

#[cfg(test)]
mod tests;
