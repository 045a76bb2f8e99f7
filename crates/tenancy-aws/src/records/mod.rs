//! The records of the table, one file each: its key, how it is made and read, its index keys, and the conditions under which
//! it is written. Nobody else names their attributes. What they mean: `docs/table.md`.

pub(crate) mod audit;
pub(crate) mod client;
pub(crate) mod invite;
pub(crate) mod invite_use;
pub(crate) mod member;
pub(crate) mod pointer;
pub(crate) mod profile;
pub(crate) mod provider;
pub(crate) mod slug;
pub(crate) mod tenant;
pub(crate) mod user;

#[cfg(test)]
mod tests;
