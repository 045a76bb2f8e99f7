"""What stands in a binary."""

import hashlib
import io
import re
from dataclasses import dataclass

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

GLIBC_VERSION = re.compile(r"GLIBC_(\d+)\.(\d+)(\.\d+)?")


@dataclass(frozen=True)
class Binary:
    machine: str
    interpreter: str
    libraries: tuple
    # Versions of symbols it needs, such as GLIBC_2.34.
    versions: frozenset
    is_stripped: bool

    @property
    def glibc(self):
        """The newest version of glibc that is needed; None if versions of other libraries are needed too."""
        if self.foreign_versions:
            return None
        found = [GLIBC_VERSION.fullmatch(version) for version in self.versions]
        return max(((int(match[1]), int(match[2])) for match in found), default=(0, 0))

    @property
    def foreign_versions(self):
        return sorted(version for version in self.versions if not GLIBC_VERSION.fullmatch(version))


def read(data):
    elf = ELFFile(io.BytesIO(data))
    sections = list(elf.iter_sections())
    interpreters = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_INTERP"]
    return Binary(
        machine=elf["e_machine"],
        interpreter=interpreters[0].get_interp_name() if interpreters else "",
        libraries=tuple(
            tag.needed
            for section in sections
            if isinstance(section, DynamicSection)
            for tag in section.iter_tags("DT_NEEDED")
        ),
        versions=frozenset(
            version.name
            for section in sections
            if isinstance(section, GNUVerNeedSection)
            for _, versions in section.iter_versions()
            for version in versions
        ),
        is_stripped=not any(
            section.name == ".symtab" or section.name.startswith(".debug") for section in sections
        ),
    )


def paths_in(data, paths):
    """Those of `paths` that stand in `data`."""
    found = set()
    for path in paths:
        # A folder at the top, such as /root, has a name that may also stand elsewhere; a deeper one has not.
        needle = str(path) if len(path.parts) > 2 else f"{path}/"
        if path.parts[1:] and needle.encode() in data:
            found.add(str(path))
    return sorted(found)


def differences(first, second, at_most=4):
    """In words, where two binaries differ."""
    lines = [f"lengths {len(first)} and {len(second)}"]
    sections = [_sections(data) for data in (first, second)]
    for name in sorted(set(sections[0]) | set(sections[1])):
        if sections[0].get(name) != sections[1].get(name):
            sizes = " and ".join(str(each[name][0]) if name in each else "none" for each in sections)
            lines.append(f"section {name}: sizes {sizes}")
    for at in _places(first, second)[:at_most]:
        lines.append(f"at {at:#x}:")
        lines += [f"  {_readable(data[max(0, at - 40) : at + 60])}" for data in (first, second)]
    return lines


def _places(first, second):
    """Where they differ; the first place alone where one is longer, as all that follows is shifted."""
    found = []
    for at, (a, b) in enumerate(zip(first, second)):
        if a != b and (not found or at - found[-1] > 100):
            found.append(at)
            if len(first) != len(second):
                break
    return found


def _readable(data):
    return re.sub(r"[^\x20-\x7e]", ".", data.decode("latin-1"))


def _sections(data):
    found = {}
    for section in ELFFile(io.BytesIO(data)).iter_sections():
        content = b"" if section["sh_type"] == "SHT_NOBITS" else section.data()
        found[section.name] = (section["sh_size"], hashlib.sha256(content).digest())
    return found
