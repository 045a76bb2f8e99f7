"""The command: builds, packs, checks, and only then replaces what is in infra/dist."""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import re
import secrets
import shutil
import sys
import time
from dataclasses import dataclass

from environments import INFRA, ROOT, TOOLS

from . import Problem, binary, checks, package, sbom, sources, toolchain
from .products import ARCHITECTURES, FUNCTIONS
from .toolchain import Place

DIST = INFRA / "dist"


@dataclass(frozen=True)
class Made:
    """A function for an architecture."""

    function: object
    architecture: object
    zip: bytes
    sbom: str
    # Crates in the SBOM, and those in which it is wrong.
    crates: int
    wrong: list

    @property
    def name(self):
        return f"{self.function.name}-{self.architecture.name}"


def run(architectures, twice):
    """`twice`: the names of the functions to build a second time; all if it is empty, none if it is None."""
    try:
        again = None if twice is None else chosen(twice)
        with only_one():
            return _run([ARCHITECTURES[name] for name in architectures], again)
    except Problem as problem:
        print(f"infra/build: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def chosen(names):
    unknown = sorted(set(names) - {function.name for function in FUNCTIONS})
    if unknown:
        known = ", ".join(function.name for function in FUNCTIONS)
        raise Problem(f"there is no function {', '.join(unknown)}; there are {known}")
    return [function for function in FUNCTIONS if not names or function.name in names]


def _run(architectures, again):
    report = checks.Report()
    place = Place(ROOT, TOOLS / "build", toolchain.cargo_home())
    rust = toolchain.rust(place)
    before = sources.digest(ROOT)
    tool = sbom.Cyclonedx(place, TOOLS / "tools")
    try:
        for architecture in architectures:
            toolchain.add_target(place, architecture)
        tool.start()
        made = make(place, rust, architectures, FUNCTIONS, tool, report)
    finally:
        tool.stop()

    for architecture in architectures:
        checks.features(place, architecture, report)
    for each in made:
        checks.zipped(each, place, rust, report)
    if again and not report.failed:
        first = [each for each in made if each.function in again]
        compare(first, rust, architectures, again, tool, before, report)
    if report.failed:
        print(f"infra/build: {report.failed} checks failed; infra/dist is as it was", file=sys.stderr)
        return 1
    for each in made:
        publish(each)
    if any(each.architecture.name == "x86_64" for each in made):
        for name in ("template", "authorizer"):
            write_template(name, report)
    for each in made:
        print(f"{sha256(each.zip)}  infra/dist/{each.name}.zip")
    return 0


@contextlib.contextmanager
def only_one():
    """Two at once would pack what the other is about to replace."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with open(TOOLS / "build.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("infra/build: waits for another infra/build to end", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(place, rust, architectures, functions, tool, report, how="built"):
    """The functions for all architectures. First all that compiles: the tool may still be on its way."""
    binaries = {}
    for architecture in architectures:
        begin = time.monotonic()
        binaries[architecture] = toolchain.build(place, rust, architecture, functions)
        report.note(f"{how} for {architecture.name} in {time.monotonic() - begin:.0f} s")
    begin = time.monotonic()
    tool.wait()
    if time.monotonic() - begin > 1:
        report.note(f"waited {time.monotonic() - begin:.0f} s more for cargo-cyclonedx to be installed")

    made = []
    for architecture in architectures:
        boms = tool.describe(place, architecture, FUNCTIONS)
        built = sbom.Tree(place, architecture, FUNCTIONS, "normal")
        linked = sbom.Tree(place, architecture, FUNCTIONS, "normal,no-proc-macro")
        for function in functions:
            content = binaries[architecture][function.name]
            bom = boms[function.name]
            text, crates, wrong = sbom.finish(bom, built, linked, versions(rust), sha256(content))
            made.append(Made(function, architecture, package.pack(content), text, crates, wrong))
    return made


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def versions(rust):
    """What the bytes depend on besides the sources."""
    found = {name: importlib.metadata.version(name) for name in ("ziglang", "cargo-zigbuild")}
    return {"rustc": rust.version, "host": rust.host} | found


def compare(first, rust, architectures, functions, tool, before, report):
    """Builds these functions again, from nothing, and compares.

    Different are all folders: sources, target, caches, Cargo's home. The same are the machine, the tools and
    the sources of the crates.
    """
    folder = TOOLS / "second" / secrets.token_hex(4)
    try:
        sources.copy(ROOT, folder / "source")
        if sources.digest(folder / "source") != before:
            raise Problem("the sources have changed since the first build began; run it again")
        home = toolchain.cargo_home()
        (folder / "cargo").mkdir()
        for name in ("registry", "git", "config.toml", "config"):
            if (home / name).exists():
                (folder / "cargo" / name).symlink_to(home / name)
        place = Place(folder / "source", folder / "work", folder / "cargo", offline=True)
        second = make(place, rust, architectures, functions, tool, report, "built again, from nothing,")
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    for one, other in zip(first, second):
        report.check(one.zip == other.zip, f"{one.name}.zip is the same, built twice")
        print(f"      {sha256(one.zip)}\n      {sha256(other.zip)}")
        if one.zip != other.zip:
            for line in binary.differences(package.unpack(one.zip), package.unpack(other.zip)):
                print(f"      {line}")
        report.check(one.sbom == other.sbom, f"{one.name}.cdx.json is the same, made twice")


def publish(made):
    name = made.function.name
    replace(DIST / f"{made.name}.zip", made.zip)
    replace(DIST / f"{made.name}.cdx.json", made.sbom.encode())
    # For tests, which run the binary itself.
    replace(DIST / made.architecture.name / name, package.unpack(made.zip), 0o755)


def replace(path, content, mode=0o644):
    """In one step: whoever reads the file has the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.chmod(mode)
    os.replace(new, path)


def write_template(name, report):
    """The same template for x86-64. The word is in the names of the zips too: they cannot be mixed up."""
    original = INFRA / f"{name}.yaml"
    if not original.exists():
        report.note(f"there is no infra/{name}.yaml, and so no infra/{name}-x86_64.yaml")
        return
    head = f"# Written by `infra/build --x86-64` from {name}.yaml; changes here are lost.\n"
    replace(
        INFRA / f"{name}-x86_64.yaml", (head + re.sub(r"\barm64\b", "x86_64", original.read_text())).encode()
    )
