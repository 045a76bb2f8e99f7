//! The same sign-in, written as its users write it, in Node, Python and Rust. Installed into target/speed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Fallible;
use crate::certificates::Certificates;
use crate::job::Jobs;
use crate::programs::run;
use crate::target::Target;

pub(crate) const NODE: &str = "Node, SDK v3";
pub(crate) const PYTHON: &str = "Python, boto3";
pub(crate) const SAMPLE: &str = "Rust sample";

/// Each peer, or why it is missing.
pub(crate) fn install(
    root: &Path,
    work: &Path,
    jobs: &Jobs,
    certificates: &Certificates,
) -> Vec<Result<Target, String>> {
    let sources = root.join("tests/speed/peers");
    let missing = |name: &str, made: Fallible<Target>| made.map_err(|error| format!("{name}: {error}"));
    vec![
        missing(NODE, node(&sources.join("node"), &work.join("node"), jobs, certificates)),
        missing(PYTHON, python(&sources.join("python"), &work.join("python"), jobs, certificates)),
        missing(SAMPLE, sample(&sources.join("rust"), &work.join("rust"), jobs)),
    ]
}

fn node(source: &Path, folder: &Path, jobs: &Jobs, certificates: &Certificates) -> Fallible<Target> {
    copy(source, folder, &["package.json", "package-lock.json", "index.mjs", "loop.mjs"])?;
    if !folder.join("node_modules").exists() {
        eprintln!("speed: installs the peer {NODE}");
        let install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
        run(Command::new("npm").args(install).current_dir(folder))?;
    }
    let bundle = [
        "loop.mjs",
        "--bundle",
        "--minify",
        "--platform=node",
        "--target=node20",
        "--format=esm",
        "--outfile=bundle.mjs",
        "--log-level=error",
        // Parts of the SDK are CommonJS.
        "--banner:js=import{createRequire}from'module';const require=createRequire(import.meta.url);",
    ];
    run(Command::new("node_modules/.bin/esbuild").args(bundle).current_dir(folder))?;
    let mut target = Target::new(NODE, &jobs.sign_in, Path::new(&which("node")?));
    target.command.push(folder.join("bundle.mjs").display().to_string());
    target.zip = zipped(folder, &folder.join("bundle.mjs"));
    target.settings.push(("NODE_EXTRA_CA_CERTS", certificates.authority.display().to_string()));
    target.is_native = false;
    Ok(target)
}

fn python(source: &Path, folder: &Path, jobs: &Jobs, certificates: &Certificates) -> Fallible<Target> {
    copy(source, folder, &["requirements.txt", "handler.py"])?;
    let program = folder.join("venv/bin/python");
    if !folder.join("venv/lib").exists()
        || run(Command::new(&program).args(["-c", "import awslambdaric, boto3"])).is_err()
    {
        eprintln!("speed: installs the peer {PYTHON}");
        run(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(folder))?;
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
        run(Command::new(&program).args(install).current_dir(folder))?;
    }
    let mut target = Target::new(PYTHON, &jobs.sign_in, &program);
    target.command.extend(["-m", "awslambdaric", "handler.handler"].map(str::to_owned));
    target.settings.extend([
        ("PYTHONPATH", folder.display().to_string()),
        ("LAMBDA_TASK_ROOT", folder.display().to_string()),
        ("AWS_CA_BUNDLE", certificates.bundle.display().to_string()),
    ]);
    target.is_native = false;
    Ok(target)
}

fn sample(source: &Path, folder: &Path, jobs: &Jobs) -> Fallible<Target> {
    eprintln!("speed: builds the peer {SAMPLE}");
    let build = ["build", "--quiet", "--release", "--locked", "--target-dir"];
    run(Command::new("cargo").args(build).arg(folder).current_dir(source))?;
    let program = folder.join("release/sample");
    let mut target = Target::new(SAMPLE, &jobs.sign_in, &program);
    target.zip = zipped(folder, &program);
    Ok(target)
}

/// The size of a zip of this file. Lambda's own runtimes bring boto3, so Python has none.
fn zipped(folder: &Path, file: &Path) -> Option<u64> {
    let zip = folder.join("function.zip");
    run(Command::new("python3").args(["-m", "zipfile", "-c"]).args([&zip, file].map(Path::new))).ok()?;
    fs::metadata(zip).ok().map(|zip| zip.len())
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> Fallible<()> {
    fs::create_dir_all(to)?;
    for name in names {
        fs::copy(from.join(name), to.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// The functions run with a `PATH` of their own.
fn which(program: &str) -> Fallible<String> {
    let found = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", program]).output()?;
    let path = String::from_utf8(found.stdout)?.trim().to_owned();
    if path.is_empty() { Err(format!("{program} is not installed").into()) } else { Ok(path) }
}
