//! Makes the token vectors: tokens, the rules that they are verified by, and the verdict.
//!
//! ```text
//! cargo run -p tenant-token --example vectors -- --write
//! ```
//!
//! It writes `tests/vectors/vectors.json` of this crate. Without `--write` it prints the file. The keys and the signatures
//! are deterministic: every run gives the same bytes, and a test compares them with the file.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_imports,
    reason = "it is a part of the tests"
)]

use std::{error::Error, fs};

mod made;
#[allow(dead_code, reason = "made for the tests too")]
#[path = "../../tests/verifier/support.rs"]
mod support;

fn main() -> Result<(), Box<dyn Error>> {
    let document = made::document();
    match std::env::args().nth(1).as_deref() {
        None => print!("{document}"),
        Some("--write") => fs::write(made::FILE, document)?,
        Some(_) => return Err("usage: vectors [--write]".into()),
    }
    Ok(())
}
