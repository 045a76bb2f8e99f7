"""boto3, in an environment of its own below `target`. Standard library only: this runs before it is there."""

import hashlib
import os
import pathlib
import subprocess
import sys

INFRA = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS = INFRA / "requirements" / "smoke-test.txt"
VENV = INFRA.parent / "target" / "infra" / "smoke-venv"


def enter(arguments):
    """Goes on in the environment: from here on boto3 can be imported."""
    if pathlib.Path(sys.prefix) != VENV:
        python = str(made())
        os.execv(python, [python, "-B", *arguments])


def made():
    """Its interpreter; installed when it is not there, or for other versions than are asked for."""
    python, stamp = VENV / "bin" / "python", VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        print(f"smoke-test: installing boto3 into {VENV}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    return python
