//! Not written yet.
use crate::context::Context;
use crate::failure::{Failure, Found};
/// Verbs.
#[derive(Debug, clap::Subcommand)]
pub enum IdpCommand {}
/// Runs one.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(command: IdpCommand, _context: &Context) -> Result<Found, Failure> {
    match command {}
}
