"""The sources of the workspace, as they are now, committed or not."""

import hashlib
import shutil

# What cargo reads for the packages that are built, from the root of the workspace.
PARTS = ("Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain.toml", "crates", "examples", "tests")


def copy(source, destination):
    destination.mkdir(parents=True)
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, destination / part, symlinks=True)
        elif (source / part).exists():
            shutil.copy2(source / part, destination / part)


def digest(source):
    """Changes with any name or content."""
    found = hashlib.sha256()
    for part in PARTS:
        below = sorted((source / part).rglob("*")) if (source / part).is_dir() else [source / part]
        for path in below:
            if path.is_symlink():
                content = f"link to {path.readlink()}"
            elif path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                continue
            found.update(f"{path.relative_to(source)} {content}\n".encode())
    return found.hexdigest()
