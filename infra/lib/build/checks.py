"""What must hold before a zip is handed out."""

import platform
import subprocess
import tempfile
from pathlib import Path

from . import binary, package, sbom
from .products import GLIBC, GLIBC_LIBRARIES, GROUPS, UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX

# Other names of processors.
PROCESSORS = {"aarch64": "arm64", "amd64": "x86_64"}


class Report:
    """A line for each check."""

    def __init__(self):
        self.failed = 0

    def check(self, holds, text):
        print(f"{'ok   ' if holds else 'FAIL '} {text}", flush=True)
        self.failed += not holds

    def note(self, text):
        print(f"note  {text}", flush=True)


def features(place, architecture, report):
    """A group is built together, and the features of a crate are then those that any of it asks for."""
    for group in GROUPS:
        together = sbom.features(place, architecture, group)
        for function in group:
            if function.is_product:
                differ = sorted(sbom.features(place, architecture, [function]) - together)
                report.check(
                    not differ,
                    f"{function.name}-{architecture.name} is compiled as if it was built alone"
                    + "".join(f"; alone: {line}" for line in differ[:3]),
                )


def zipped(made, place, rust, report):
    """What is in the zip, as it will be uploaded."""
    label, content = f"{made.name}.zip", package.unpack(made.zip)
    report.check(content is not None, f"{label} holds one file, `{package.NAME}`, that can be executed")
    if content is None:
        return
    facts, architecture = binary.read(content), made.architecture
    report.check(
        (facts.machine, facts.interpreter) == (architecture.machine, architecture.interpreter),
        f"{label} is for {facts.machine.removeprefix('EM_')}, loaded by {facts.interpreter or 'nothing'}",
    )
    report.check(
        facts.glibc is not None and facts.glibc <= GLIBC,
        f"{label} needs glibc {dotted(facts.glibc)}, provided.al2023 has {dotted(GLIBC)}"
        if facts.glibc
        else f"{label} needs {', '.join(facts.foreign_versions)}, which are not of glibc",
    )
    loader = Path(architecture.interpreter).name
    report.check(
        set(facts.libraries) <= GLIBC_LIBRARIES | {loader},
        f"{label} needs {', '.join(facts.libraries)} and no more",
    )
    report.check(facts.is_stripped, f"{label} is stripped")
    folders = [Path.home(), place.source, place.work, place.cargo_home, rust.sysroot]
    found = binary.paths_in(content, folders) + binary.paths_in(made.sbom.encode(), folders)
    report.check(
        not found,
        f"{label} and its SBOM name no folder of this machine{': ' if found else ''}{', '.join(found)}",
    )
    report.check(
        len(made.zip) <= ZIP_BYTES_MAX and len(content) <= UNZIPPED_BYTES_MAX,
        f"{label} has {len(made.zip):,} bytes, {len(content):,} unzipped; Lambda takes {ZIP_BYTES_MAX:,} and"
        f" {UNZIPPED_BYTES_MAX:,}",
    )
    wrong = f"; not in both: {made.wrong[:5]}" if made.wrong else ""
    report.check(
        not made.wrong, f"{made.name}.cdx.json lists the {made.crates} crates of `cargo tree`{wrong}"
    )
    machine = platform.machine().lower()
    if (
        made.function.complaint
        and platform.system() == "Linux"
        and PROCESSORS.get(machine, machine) == architecture.name
    ):
        problem = start(content, made.function.complaint)
        report.check(not problem, f"{label} starts here, and without settings refuses{problem}")


def start(content, complaint):
    """Starts the function without any setting; what was wrong with that, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / package.NAME
        program.write_bytes(content)
        program.chmod(0o755)
        try:
            done = subprocess.run(
                [program], cwd=folder, env={}, capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f": {error}"
    lines = (done.stdout + done.stderr).splitlines()
    if done.returncode != 1:
        return f": exit status {done.returncode}, {lines[-1:]}"
    if not any(all(word in line for word in complaint) for line in lines):
        return f": no line with {', '.join(complaint)}, but {lines[-1:]}"
    return ""


def dotted(version):
    return ".".join(map(str, version or ()))
