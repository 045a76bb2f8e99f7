"""The sources of the workspace, as they are now, committed or not."""

import hashlib
import shutil

# What cargo reads for the packages that are built, from the root of the workspace.
PARTS = ("Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain.toml", "crates", "examples", "tests")


# Folders below them that tools write: tests that run meanwhile do not change the sources.
WRITTEN = ("build", "node_modules", "target")


def copy(source, destination):
    destination.mkdir(parents=True)
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, destination / part, ignore=shutil.ignore_patterns(*WRITTEN))
        elif (source / part).exists():
            shutil.copy2(source / part, destination / part)


def digest(source):
    """Changes with any name or content."""
    found = hashlib.sha256()
    for part in PARTS:
        for path in sorted(files(source / part)):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            found.update(f"{path.relative_to(source)} {content}\n".encode())
    return found.hexdigest()


def files(path):
    if path.is_file():
        yield path
    elif path.is_dir():
        for below in path.iterdir():
            if below.name not in WRITTEN:
                yield from files(below)
