//! Not written yet.
use crate::context::Context;
use crate::failure::{Failure, Found};
/// Verbs.
#[derive(Debug, clap::Subcommand)]
pub enum InviteCommand {}
/// Runs one.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(command: InviteCommand, _context: &Context) -> Result<Found, Failure> {
    match command {}
}
