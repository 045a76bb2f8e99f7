//! Completions and the manual.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::failure::{Failure, Found};

/// Which shell.
#[derive(Args, Debug)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Where to.
#[derive(Args, Debug)]
pub(crate) struct ManOptions {
    /// Write one page a command into this folder, instead of the first page to standard output
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints completions.
pub(crate) fn completions(options: &CompletionsOptions, mut cli: clap::Command) -> Result<Found, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut cli, "tenantctl", &mut script);
    print(&script)
}

/// Prints the manual.
pub(crate) fn man(options: &ManOptions, cli: clap::Command) -> Result<Found, Failure> {
    if let Some(folder) = &options.folder {
        let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(cli, folder));
        written
            .map_err(|error| Failure::failed(format!("could not write to {}: {error}", folder.display())))?;
        return Ok(Found::Nothing);
    }
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(cli).render(&mut page);
    rendered.map_err(|error| Failure::failed(format!("could not write the page: {error}")))?;
    print(&page)
}

fn print(bytes: &[u8]) -> Result<Found, Failure> {
    match std::io::stdout().write_all(bytes) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Found::Nothing),
        Err(error) => Err(Failure::failed(format!("could not print: {error}"))),
        Ok(()) => Ok(Found::Nothing),
    }
}
