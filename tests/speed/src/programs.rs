//! The binaries of the functions, and the floors.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::Fallible;
use crate::certificates::Certificates;
use crate::items::Made;
use crate::job::Jobs;
use crate::routes;
use crate::target::Target;
use crate::template::Numbers;

pub(crate) const RAW: &str = "raw sockets";

/// A user with one membership, in a tenant with one group for each role.
pub(crate) const NEW: Made = Made { memberships: 1, groups: 1 };

pub(crate) struct Products {
    pub(crate) functions: Vec<Target>,
    /// The other ways to ask the router.
    pub(crate) routes: Vec<Target>,
}

/// The functions in `binaries`, or as `infra/build` makes them for this machine.
pub(crate) fn products(root: &Path, binaries: Option<&Path>, jobs: &Jobs) -> Fallible<Products> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let dist = root.join("infra/dist");
    let folder = binaries.map_or_else(|| dist.join(architecture), Path::to_owned);
    let target = |name, job, binary: &str| {
        let mut target = Target::new(name, job, &folder.join(binary));
        // `infra/build` puts the zips beside the folder of the binaries.
        let zip = folder.with_file_name(format!("{binary}-{architecture}.zip"));
        target.zip = fs::metadata(zip).ok().map(|zip| zip.len());
        target
    };
    if binaries.is_none() && !is_fresh(root, &folder.join("authorizer")) {
        eprintln!("speed: infra/dist/{architecture} is older than the sources; infra/build runs");
        let option = if architecture == "arm64" { "--arm64" } else { "--x86-64" };
        run(Command::new(root.join("infra/build")).arg(option))?;
    }
    let mut without_keys =
        target("authorizer, no keys at start", &jobs.authorizer_without_keys, "authorizer");
    without_keys.starts_only = true;
    let new_tenants = jobs.sign_ins(NEW, Numbers::Each(1_000_000), true);
    let (main, others): (Vec<Target>, Vec<Target>) = jobs
        .routes
        .iter()
        .map(|(name, job)| target(name, job, "router"))
        .partition(|route| route.name == routes::MAIN);
    let functions = [
        target("pre-token-generation", &jobs.sign_in, "pre-token-generation"),
        target("sign-in, new tenant", &new_tenants, "pre-token-generation"),
        target("post-confirmation", &jobs.redemption, "post-confirmation"),
        target("authorizer", &jobs.authorizer, "authorizer"),
        without_keys,
    ];
    Ok(Products { functions: functions.into_iter().chain(main).collect(), routes: others })
}

/// What a function can cost at least: sockets alone with one signed request, and the Lambda runtime alone.
pub(crate) fn floors(root: &Path, jobs: &Jobs, certificates: &Certificates) -> Fallible<[Target; 2]> {
    let build = ["build", "--quiet", "--release", "--locked", "-p", "speed", "--examples"];
    run(Command::new("cargo").args(build).current_dir(root))?;
    let program = |name: &str| root.join("target/release/examples").join(name);
    let mut raw = Target::new(RAW, &jobs.raw, &program("raw"));
    raw.settings.push(("SPEED_AUTHORITY", certificates.authority.display().to_string()));
    Ok([raw, Target::new("echo", &jobs.echo, &program("echo"))])
}

/// Runs a command without what `cargo run` tells this program of its own package. A `cargo` inside would take it for changed
/// settings of the crates that it builds, and build them again.
pub(crate) fn run(command: &mut Command) -> Fallible<()> {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_package) {
            command.env_remove(name);
        }
    }
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

fn is_of_this_package(variable: &str) -> bool {
    variable == "CARGO" || ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|prefix| variable.starts_with(prefix))
}

/// Whether the binary is younger than everything that it is made from.
fn is_fresh(root: &Path, binary: &Path) -> bool {
    let Some(made) = changed(binary) else { return false };
    let mut left: Vec<PathBuf> =
        ["crates", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"].map(|name| root.join(name)).into();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if changed(&path).is_some_and(|changed| changed > made) {
            return false;
        }
    }
    true
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_not_told_of_this_package_and_keeps_the_registry() {
        let left_out = ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"];
        let kept = ["CARGO_HOME", "CARGO_REGISTRIES_OURS_INDEX", "CARGO_HTTP_PROXY", "PATH"];
        assert!(left_out.into_iter().all(is_of_this_package) && !kept.into_iter().any(is_of_this_package));

        // `cargo test` sets `CARGO_PKG_NAME`.
        run(Command::new("sh").args(["-c", "test -z \"$CARGO_PKG_NAME\" && test -n \"$PATH\""])).unwrap();
    }
}
