//! Not written yet.
use crate::context::Context;
use crate::failure::{Failure, Found};
/// Verbs.
#[derive(Debug, clap::Subcommand)]
pub enum TableCommand {}
/// Runs one.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(command: TableCommand, _context: &Context) -> Result<Found, Failure> {
    match command {}
}
