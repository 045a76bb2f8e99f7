//! What must hold for every input, however broken: one function for each entrance of the product. Each takes bytes, drives the
//! real code, and panics if a law is broken. docs/reliability.md lists the laws.
//!
//! `tests/` runs the inputs of `corpus/` and mutations of them in `cargo test`. `fuzzer/` runs the same functions under
//! cargo-fuzz.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "these are tests: a broken law panics"
)]

mod address;
mod directory;
mod event;
mod gateway;
mod invite_code;
mod item;
mod pool;
mod request;
mod run;
mod settings;
mod table;
mod token;

pub use address::email;
pub use event::{event, metadata};
pub use gateway::authorizer;
pub use invite_code::invite_code;
pub use item::item;
pub use request::request;
pub use settings::settings;
pub use token::{claims, jwks, token};

/// A function that must hold for every input.
pub type Law = fn(&[u8]);

/// All targets, by the names of their folders in `corpus/` and of their programs in `fuzzer/`.
pub const TARGETS: [(&str, Law); 11] = [
    ("authorizer", authorizer),
    ("claims", claims),
    ("email", email),
    ("event", event),
    ("invite_code", invite_code),
    ("item", item),
    ("jwks", jwks),
    ("metadata", metadata),
    ("request", request),
    ("settings", settings),
    ("token", token),
];
