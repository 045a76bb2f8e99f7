"""The zip of a function: one file, `bootstrap`.

Compressed: 3.0 MB instead of 6.8 (post-confirmation, x86-64), which Lambda fetches in each new environment.
The price is that the zip's bytes depend on the zlib that Python brings, as others (zlib-ng) compress
otherwise. Those of `bootstrap` do not: for a comparison across machines, its hash is in the SBOM. Level 9
would save 0.5 % in three times the time.
"""

import io
import stat
import zipfile

NAME = "bootstrap"
MODE = stat.S_IFREG | 0o755


def pack(binary):
    entry = zipfile.ZipInfo(NAME, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, without which the mode means nothing
    entry.external_attr = MODE << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, binary, compresslevel=6)
    return buffer.getvalue()


def unpack(data):
    """`bootstrap`; None where the zip holds anything else, or cannot be executed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if [(entry.filename, entry.external_attr >> 16) for entry in entries] != [(NAME, MODE)]:
            return None
        return archive.read(NAME)
