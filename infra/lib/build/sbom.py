"""The SBOM of a function, CycloneDX, by cargo-cyclonedx.

The tool resolves the features of the whole workspace at once, and so lists crates that only `tenantctl` or
a test needs (11 of 175 when this was written), and some edges. What `cargo tree` does not confirm for the
function is taken out; what it has and the tool has not is a fault. Macros, and crates that only they need,
run while building and are not in the binary: they are marked `excluded`, all others `required`.
"""

import json
import re
import shutil
import subprocess

from . import Problem, sources
from .toolchain import environment, output

VERSION = "0.5.9"


class Cyclonedx:
    """The tool. It is to be had as source alone, and takes a while to be compiled."""

    def __init__(self, place, folder):
        self.place = place
        # The version is in the name, so that another one is another folder.
        self.folder = folder / f"cargo-cyclonedx-{VERSION}"
        self.program = self.folder / "bin" / "cargo-cyclonedx"
        self.log = self.folder.with_suffix(".log")
        self.installing = None

    def start(self):
        """Begins to install it, beside whatever else is done."""
        if self.program.exists():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        # Neither optimised nor with debug information: made sooner, 20 MB instead of 105, and fast enough.
        command = [
            "cargo",
            "install",
            "--locked",
            "--debug",
            "--root",
            self.folder,
            f"cargo-cyclonedx@{VERSION}",
        ]
        variables = environment(self.place) | {"CARGO_PROFILE_DEV_DEBUG": "false"}
        with open(self.log, "wb") as log:
            self.installing = subprocess.Popen(
                command,
                cwd=self.folder.parent,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self):
        if self.installing is not None and self.installing.wait() != 0:
            said = self.log.read_text(errors="replace").strip().splitlines()[-8:]
            lines = "\n".join(said)
            raise Problem(f"cargo-cyclonedx {VERSION} could not be installed; is there a network?\n{lines}")

    def stop(self):
        if self.installing is not None and self.installing.poll() is None:
            self.installing.terminate()
            self.installing.wait()

    def describe(self, place, architecture, functions):
        """What the tool says of each function, by name."""
        # It writes beside each Cargo.toml, hence into a copy.
        copy = place.work / "sbom" / architecture.name
        shutil.rmtree(copy, ignore_errors=True)
        sources.copy(place.source, copy)
        options = [
            "--format",
            "json",
            "--spec-version",
            "1.5",
            "--target",
            architecture.triple,
            "--no-build-deps",
        ]
        command = [self.program, "cyclonedx", *options, "--override-filename", "bom"]
        done = subprocess.run(
            command, cwd=copy, env=environment(place), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Problem(f"cargo-cyclonedx failed:\n{done.stderr.strip()}")
        texts = {
            function.name: (copy / "crates" / function.name / "bom.json").read_text()
            for function in functions
        }
        shutil.rmtree(copy)
        # Not a path of this machine: the crates of the workspace are known by their folder in it.
        return {name: json.loads(text.replace(f"path+file://{copy}/", "")) for name, text in texts.items()}


class Tree:
    """The crates of the functions as `cargo tree` has them: (name, version) -> those it depends on.

    All functions at once, as they are built: a feature that one of them asks of a crate, all get.
    """

    def __init__(self, place, architecture, functions, kinds):
        self.crates, above = {}, []
        options = [*_packages(functions), "--edges", kinds, "--target", architecture.triple]
        for line in output(place, "cargo", "tree", "--locked", *options, "--prefix", "depth").splitlines():
            match = re.match(r"(\d+)(\S+) v(\S+)", line)
            if match is None:  # the blank line between two functions
                continue
            depth, crate = int(match[1]), (match[2], match[3])
            above[depth:] = [crate]
            self.crates.setdefault(crate, set())
            if depth:
                self.crates[above[depth - 1]].add(crate)

    def below(self, root):
        """`root`, and everything that it needs."""
        found, ahead = {}, [root]
        while ahead:
            crate = ahead.pop()
            if crate not in found:
                found[crate] = self.crates[crate]
                ahead += found[crate]
        return found


def features(place, architecture, functions):
    """Each crate with its features, where these functions are built together."""
    options = [*_packages(functions), "--edges", "normal", "--target", architecture.triple]
    said = output(place, "cargo", "tree", "--locked", *options, "--prefix", "none", "--format", "{p} {f}")
    return {line.replace(" (*)", "") for line in said.splitlines() if line}


def _packages(functions):
    return [part for function in functions for part in ("--package", function.name)]


def finish(bom, built, linked, properties, digest):
    """The SBOM as text, its crates, and those in which it and `cargo tree` do not agree.

    `built` is the tree of all that is compiled, `linked` that without macros.
    """
    root = bom["metadata"]["component"]
    names = {each["bom-ref"]: (each["name"], each["version"]) for each in [root, *bom["components"]]}
    crates, in_binary = (tree.below(names[root["bom-ref"]]) for tree in (built, linked))

    bom["components"] = [each for each in bom["components"] if names[each["bom-ref"]] in crates]
    for each in bom["components"]:
        each["scope"] = "required" if names[each["bom-ref"]] in in_binary else "excluded"
    bom["dependencies"] = [
        {
            "ref": each["ref"],
            "dependsOn": [to for to in each.get("dependsOn", ()) if names[to] in crates[names[each["ref"]]]],
        }
        for each in bom["dependencies"]
        if names[each["ref"]] in crates
    ]
    # No moment, so that two runs are equal; the tool leaves the serial number out for the same reason.
    del bom["metadata"]["timestamp"]
    # Of the binary, not the zip: that one also depends on who compressed it.
    root["hashes"] = [{"alg": "SHA-256", "content": digest}]
    bom["metadata"]["properties"] += [{"name": name, "value": value} for name, value in properties.items()]

    listed = {names[each["bom-ref"]] for each in [root, *bom["components"]]}
    edges = {(names[each["ref"]], names[to]) for each in bom["dependencies"] for to in each["dependsOn"]}
    wanted = {(crate, to) for crate, depends in crates.items() for to in depends}
    wrong = sorted(listed ^ set(crates)) + sorted(edges ^ wanted)
    return json.dumps(bom, indent=2, ensure_ascii=False) + "\n", len(crates), wrong
