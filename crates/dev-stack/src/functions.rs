//! The binaries of the functions: built by cargo, or found where `DEV_STACK_BIN_DIR` says. And the binary of the example
//! service, which is always built.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use tokio::{process::Command, sync::OnceCell};

use crate::{DevStackError, lambda::FunctionProgram};

pub const POST_CONFIRMATION: &str = "post-confirmation";
pub const PRE_TOKEN_GENERATION: &str = "pre-token-generation";
pub const AUTHORIZER: &str = "authorizer";
pub const ROUTER: &str = "router";
/// The functions that the stack runs: the one list. A new function is a crate with a binary of this name, and a line here.
pub const ALL: [&str; 4] = [POST_CONFIRMATION, PRE_TOKEN_GENERATION, AUTHORIZER, ROUTER];
/// Built and shipped with them, and run by other tools.
const PROBE: &str = "probe";
/// Those that Cognito calls.
pub const TRIGGERS: [&str; 2] = [POST_CONFIRMATION, PRE_TOKEN_GENERATION];
/// Folder with ready-made binaries; when it is set nothing is built.
pub const BIN_DIR_VARIABLE: &str = "DEV_STACK_BIN_DIR";

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionBinaries(BTreeMap<&'static str, PathBuf>);

impl FunctionBinaries {
    /// Takes the binaries from `DEV_STACK_BIN_DIR` if that is set, else builds them with cargo (variable
    /// `CARGO`, or `cargo`) in the workspace that this crate was compiled in, with the profile `release` or
    /// `dev`. What cargo has to say goes to standard error.
    ///
    /// # Errors
    ///
    /// [`DevStackError`] when cargo cannot be run or fails, or a binary is not there.
    pub async fn build(release: bool) -> Result<Self, DevStackError> {
        match env::var_os(BIN_DIR_VARIABLE) {
            Some(folder) => Self::in_folder(Path::new(&folder)),
            None => compile(&ALL, release).await.map(Self),
        }
    }

    /// [`FunctionBinaries::build`] with the profile `dev`, once per process: for the many tests of one binary.
    ///
    /// # Errors
    ///
    /// As [`FunctionBinaries::build`]; a failure is tried again by the next caller.
    pub async fn built_once() -> Result<&'static Self, DevStackError> {
        static BUILT: OnceCell<FunctionBinaries> = OnceCell::const_new();
        BUILT.get_or_try_init(|| Self::build(false)).await
    }

    pub fn programs(&self) -> impl Iterator<Item = (&'static str, FunctionProgram)> {
        self.0.iter().map(|(name, path)| (*name, FunctionProgram::Binary(path.clone())))
    }

    /// The path of one binary.
    pub(crate) fn path(&self, name: &'static str) -> Result<&Path, DevStackError> {
        self.0.get(name).map(PathBuf::as_path).ok_or_else(|| DevStackError::NoBinary(name.to_owned()))
    }

    /// The binaries in `folder`.
    ///
    /// # Errors
    ///
    /// [`DevStackError::BinaryMissing`] names the file that is not there.
    pub fn in_folder(folder: &Path) -> Result<Self, DevStackError> {
        let find = |name: &str| {
            let path = folder.join(name);
            if path.is_file() { Ok(path) } else { Err(DevStackError::BinaryMissing(path)) }
        };
        ALL.into_iter().map(|name| Ok((name, find(name)?))).collect::<Result<_, _>>().map(Self)
    }
}

/// Builds the service of `examples/orders-api`, and gives the path of its binary. It is not a function, and is not shipped.
///
/// # Errors
///
/// [`DevStackError`] when cargo cannot be run or fails.
pub async fn build_orders_api(release: bool) -> Result<PathBuf, DevStackError> {
    const NAME: &str = "orders-api";
    compile(&[NAME], release).await?.remove(NAME).ok_or_else(|| DevStackError::NoBinary(NAME.to_owned()))
}

/// The binary of the probe: of `DEV_STACK_BIN_DIR` if that is set, else built. The stack does not run it by itself.
///
/// # Errors
///
/// [`DevStackError`] when cargo cannot be run or fails, or the binary is not there.
pub async fn probe() -> Result<PathBuf, DevStackError> {
    if let Some(folder) = env::var_os(BIN_DIR_VARIABLE) {
        let path = Path::new(&folder).join(PROBE);
        return if path.is_file() { Ok(path) } else { Err(DevStackError::BinaryMissing(path)) };
    }
    compile(&[PROBE], false).await?.remove(PROBE).ok_or_else(|| DevStackError::NoBinary(PROBE.to_owned()))
}

/// The folder with the functions and the probe as they are shipped: `DEV_STACK_BIN_DIR` if that is set, else built with the
/// profile `release`.
///
/// # Errors
///
/// [`DevStackError`] when cargo cannot be run or fails.
pub async fn release_folder() -> Result<PathBuf, DevStackError> {
    if let Some(folder) = env::var_os(BIN_DIR_VARIABLE) {
        return Ok(folder.into());
    }
    let names: Vec<&'static str> = ALL.into_iter().chain([PROBE]).collect();
    let built = compile(&names, true).await?;
    let folder = built.into_values().next().and_then(|path| Some(path.parent()?.to_owned()));
    folder.ok_or_else(|| DevStackError::NoBinary(PROBE.to_owned()))
}

/// Builds binaries of this workspace.
async fn compile(
    names: &[&'static str],
    release: bool,
) -> Result<BTreeMap<&'static str, PathBuf>, DevStackError> {
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut command = Command::new(&cargo);
    // Without `--package`, so that features are those of the whole workspace and nothing compiles twice.
    command.args(["build", "--message-format=json-render-diagnostics"]);
    command.args(names.iter().flat_map(|name| ["--bin", name]));
    if release {
        command.arg("--release");
    }
    command.current_dir(workspace_root()).stdin(Stdio::null()).stderr(Stdio::inherit());
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_outer_cargo(name)) {
        command.env_remove(name);
    }
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| DevStackError::CargoMissing { command: cargo, source })?;
    if !output.status.success() {
        return Err(DevStackError::CargoFailed(output.status.to_string()));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let find =
        |name: &str| executable(&messages, name).ok_or_else(|| DevStackError::NoBinary(name.to_owned()));
    names.iter().map(|name| Ok((*name, find(name)?))).collect()
}

/// What `cargo run` and `cargo test` tell the program that they run about its package. Build scripts (that of ring) watch
/// these variables, so handing them on would compile half of the tree anew.
fn is_of_outer_cargo(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || matches!(&*name, "OUT_DIR" | "LD_LIBRARY_PATH" | "DYLD_FALLBACK_LIBRARY_PATH")
}

/// This crate lies two folders below the root of its workspace.
fn workspace_root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// Finds the path of a binary in cargo's messages, one JSON object per line.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Artifact {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }

    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .find(|artifact| artifact.target.name == name && artifact.executable.is_some())
        .and_then(|artifact| artifact.executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_the_artifact_that_has_an_executable() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"post-confirmation"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"post-confirmation"},"executable":"/t/pc"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );

        assert_eq!(executable(messages, "post-confirmation"), Some(PathBuf::from("/t/pc")));
        assert_eq!(executable(messages, "pre-token-generation"), None);
    }

    #[test]
    fn a_folder_without_the_binaries_is_refused_by_name() {
        let error = FunctionBinaries::in_folder(Path::new("nowhere")).unwrap_err();

        assert_eq!(error.to_string(), "`DEV_STACK_BIN_DIR` has no file `nowhere/post-confirmation`");
    }
}
