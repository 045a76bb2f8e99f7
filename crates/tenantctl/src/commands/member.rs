//! Not written yet.
use crate::context::Context;
use crate::failure::{Failure, Found};
/// Verbs.
#[derive(Debug, clap::Subcommand)]
pub enum MemberCommand {}
/// Runs one.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(command: MemberCommand, _context: &Context) -> Result<Found, Failure> {
    match command {}
}
