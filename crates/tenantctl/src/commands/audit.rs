//! Not written yet.
use crate::context::Context;
use crate::failure::{Failure, Found};
/// Verbs.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {}
/// Runs one.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(command: AuditCommand, _context: &Context) -> Result<Found, Failure> {
    match command {}
}
