"""Python environments of the commands here: pinned packages in folders of their own under target/infra."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent
ROOT = INFRA.parent
TOOLS = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "infra"


def ready(name):
    """The folder of the environment `name`, with what `requirements/<name>.txt` pins; made anew when that has changed.

    Ends the program with one sentence when it cannot be made.
    """
    requirements = INFRA / "requirements" / f"{name}.txt"
    folder = TOOLS / f"venv-{name}"
    stamp = folder / "made-from"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    try:
        venv.create(folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"no Python environment can be made in {folder}: {error}. Is the package python3-venv installed?")
    # What is not imported need not be compiled.
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    install = [folder / "bin" / "pip", "install", *options, "-r", requirements]
    if subprocess.run(install, stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(f"the packages of {requirements} could not be installed; the command needs a Python package registry")
    stamp.write_text(wanted)
    return folder


def enter(name):
    """Goes on in the environment `name`: returns when the program runs in it, and starts it anew in it otherwise."""
    folder = ready(name)
    if Path(sys.prefix) == folder.resolve() or Path(sys.prefix) == folder:
        return
    python = str(folder / "bin" / "python")
    os.execv(python, [python, *sys.argv])
