"""Rust, zig, and a build with them.

Two builds of the same sources are equal, byte for byte. That takes the same Rust (its version and the
machine it is for, which go into the names of symbols), the same zig and cargo-zigbuild
(requirements/build.txt), and the same Cargo.lock. Folders do not matter, as paths are replaced
(`rust_flags`), nor does the caller's environment, of which nothing is handed on that could change code
(`environment`); a `[profile]` in Cargo's own configuration would. Tried with two sets of folders on one
machine, not with two machines.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import Problem
from .products import GLIBC, GROUPS

# Where the clock would be read: the earliest moment that a zip can hold.
EPOCH = "315532800"

# Of the caller's environment, what finds programs and registries: no flags, profiles, compilers, wrappers.
KEPT = {"HOME", "LOGNAME", "PATH", "SSH_AUTH_SOCK", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "TMPDIR", "USER"}
KEPT |= {
    name for proxy in ("http", "https", "all", "no") for name in (f"{proxy}_proxy", f"{proxy}_PROXY".upper())
}
KEPT_PREFIXES = ("CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_", "RUSTUP_")


@dataclass(frozen=True)
class Place:
    """Folders of one build."""

    source: Path
    # Everything that is made, caches included.
    work: Path
    cargo_home: Path
    offline: bool = False

    @property
    def target(self):
        return self.work / "target"


@dataclass(frozen=True)
class Rust:
    """What `rustc` says of itself."""

    version: str
    commit: str
    host: str
    sysroot: Path


def cargo_home():
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo").absolute()


def environment(place):
    kept = {k: v for k, v in os.environ.items() if k in KEPT or k.startswith(KEPT_PREFIXES)}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    kept |= {
        "CARGO_HOME": str(place.cargo_home),
        "CARGO_TERM_COLOR": "auto",
        "CARGO_ZIGBUILD_CACHE_DIR": str(place.work / "zigbuild"),
        "CARGO_ZIGBUILD_PYTHON_PATH": sys.executable,
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": EPOCH,
        "ZIG_GLOBAL_CACHE_DIR": str(place.work / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(place.work / "zig"),
    }
    if place.offline:
        kept["CARGO_NET_OFFLINE"] = "true"
    return kept


def output(place, *command):
    """What a command prints; it runs in the sources."""
    done = subprocess.run(
        command, cwd=place.source, env=environment(place), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Problem(f"`{' '.join(map(str, command))}` failed:\n{done.stderr.strip()}")
    return done.stdout


def rust(place):
    for program, advice in (
        ("cargo", "install Rust, from https://rustup.rs"),
        ("rustc", "install Rust, from https://rustup.rs"),
        (
            "cc",
            "install a C compiler (Debian: `apt install gcc libc6-dev`); build scripts are linked with it",
        ),
    ):
        if shutil.which(program) is None:
            raise Problem(f"there is no `{program}`: {advice}")
    said = output(place, "rustc", "-vV")
    facts = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return Rust(
        version=said.splitlines()[0].split(" ", 1)[1],
        commit=facts["commit-hash"],
        host=facts["host"],
        sysroot=Path(output(place, "rustc", "--print", "sysroot").strip()),
    )


def add_target(place, architecture):
    """Rust's own library for the architecture, which only rustup can fetch."""
    triple = architecture.triple
    library = Path(output(place, "rustc", "--print", "target-libdir", "--target", triple).strip())
    if any(library.glob("libstd-*.rlib")):
        return
    if shutil.which("rustup") is None:
        raise Problem(
            f"Rust has no library for {triple} ({library}), and there is no rustup to fetch it: install Rust"
            " from https://rustup.rs, or that library with whatever installed Rust"
        )
    try:
        output(place, "rustup", "target", "add", triple)
    except Problem as problem:
        raise Problem(
            f"Rust's library for {triple} could not be fetched; is there a network?\n{problem}"
        ) from None


def registry_sources(place, architecture):
    """Folders with the crates' sources; fetches those that are not there yet."""
    options = ("--locked", "--format-version", "1", "--filter-platform", architecture.triple)
    packages = json.loads(output(place, "cargo", "metadata", *options))["packages"]
    return sorted({Path(package["manifest_path"]).parent.parent for package in packages if package["source"]})


def rust_flags(place, rust, architecture):
    """One name for each folder, whatever it is called here. The last one that fits counts."""
    names = [(place.source, "/source"), (place.work, "/work"), (rust.sysroot, "/rust")]
    # As it is where Rust's own sources are not installed.
    names.append((rust.sysroot / "lib/rustlib/src/rust", f"/rustc/{rust.commit}"))
    names += [(folder, "/registry") for folder in registry_sources(place, architecture)]
    return [f"--remap-path-prefix={folder}={name}" for folder, name in names]


def build(place, rust, architecture, functions):
    """The binaries of the functions, by name.

    All packages of a group are named, whatever is built: a feature that one of them asks of a crate, all get.
    """
    flags = rust_flags(place, rust, architecture)
    # Counts above RUSTFLAGS and all configuration.
    variables = environment(place) | {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
    for group in GROUPS:
        wanted = [function.name for function in group if function in functions]
        if not wanted:
            continue
        command = ["cargo-zigbuild", "zigbuild", "--locked", "--release", "--target-dir", place.target]
        # The C library to link against is part of the target: no newer symbol than its can get in.
        command += ["--target", f"{architecture.triple}.{GLIBC[0]}.{GLIBC[1]}"]
        for function in group:
            command += ["--package", function.name]
        for name in wanted:
            command += ["--bin", name]
        if not sys.stderr.isatty():
            command.append("--quiet")
        if subprocess.run(command, cwd=place.source, env=variables, check=False).returncode != 0:
            raise Problem(
                f"{', '.join(wanted)} could not be built for {architecture.name}; what cargo says of it is above"
            )
    folder = place.target / architecture.triple / "release"
    return {function.name: (folder / function.name).read_bytes() for function in functions}
