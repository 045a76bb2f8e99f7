"""The tools, pinned, in target/infra: installed once, and then used without a network."""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import time

import environments

GUARD_VERSION = "3.2.1"
GUARD_ROOT = environments.TOOLS / "cfn-guard"
GUARD = GUARD_ROOT / "bin/cfn-guard"
CHECKOV = environments.TOOLS / "venv-checkov/bin/checkov"
# Everything that is written for the tools to read.
WORK = environments.TOOLS / "check"

# No tool may look for an account, a service or settings of the user's: with a key checkov would upload what
# it finds, and a .cfnlintrc may leave rules out.
FOREIGN = ("AWS_", "SAM_", "BC_", "PRISMA_", "CKV_", "CHECKOV_")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
ENVIRONMENT.update(
    AWS_ACCESS_KEY_ID="none",
    AWS_SECRET_ACCESS_KEY="none",
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_EC2_METADATA_DISABLED="true",
    SAM_CLI_TELEMETRY="0",
    HOME=str(WORK / "home"),
)


def install_and_enter():
    """Installs what is not there, and goes on in the environment of requirements/check.txt."""
    begin = time.monotonic()
    # At the same time: pip waits for its registry while cargo compiles.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        installing = [pool.submit(environments.ready, name) for name in ("check", "checkov")]
        installing.append(pool.submit(_install_guard))
        for installed in installing:
            installed.result()
    seconds = time.monotonic() - begin
    if seconds > 5:
        print(f"tools installed in {seconds:.0f} s", flush=True)
    environments.enter("check")


def output(command, **options):
    """Runs a tool: its exit status, and what it printed."""
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    command = [str(part) for part in command]
    (WORK / "home").mkdir(parents=True, exist_ok=True)
    options.update(env=ENVIRONMENT, cwd=WORK)
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def _install_guard():
    """cfn-guard, from source; not optimised, since it runs for seconds and is made five times sooner so."""
    if GUARD.exists() and output([GUARD, "--version"])[1].strip() == f"cfn-guard {GUARD_VERSION}":
        return
    build = GUARD_ROOT / "build"
    environment = dict(
        os.environ, CARGO_TARGET_DIR=str(build), CARGO_PROFILE_DEV_DEBUG="0", CARGO_INCREMENTAL="0"
    )
    command = ["cargo", "install", "--quiet", "--locked", "--debug", "--force", "--root", str(GUARD_ROOT)]
    installed = subprocess.run(
        [*command, f"cfn-guard@{GUARD_VERSION}"], env=environment, stdout=sys.stderr, check=False
    )
    if installed.returncode != 0:
        sys.exit("cfn-guard could not be installed; the command needs a registry of Rust packages")
    shutil.rmtree(build, ignore_errors=True)
