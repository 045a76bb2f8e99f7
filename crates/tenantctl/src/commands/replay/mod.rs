//! Not written yet.
use crate::context::Context;
use crate::failure::{Failure, Found};
/// Options.
#[derive(Debug, clap::Args)]
pub struct ReplayOptions {}
/// Runs it.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(_options: ReplayOptions, _context: &Context) -> Result<Found, Failure> {
    Ok(Found::Nothing)
}
