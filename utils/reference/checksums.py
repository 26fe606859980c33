"""Checksums of a folder's files, to find files that were damaged or changed.

The list beside the files has the format of `sha256sum`, so `sha256sum --check SHA256SUMS` reads it too.
"""

import hashlib
from pathlib import Path

LIST = "SHA256SUMS"
"""The list's file name, beside the files that it lists."""


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path) -> None:
    """Write the folder's list, with every other file in it. Call it after exporting a model."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != LIST)
    lines = [f"{sha256(path)}  {path.name}\n" for path in files]
    (folder / LIST).write_text("".join(lines), encoding="ascii")


def problems(folder: Path) -> list[str]:
    """Return the differences between the folder and its list, one phrase for each file."""
    if not (folder / LIST).is_file():
        return [f"{LIST} is missing"]
    found = []
    for line in (folder / LIST).read_text(encoding="utf-8", errors="replace").splitlines():
        wanted, _, name = line.partition("  ")
        if not name:
            found.append(f"{LIST} has a line that is no checksum")
        elif not (folder / name).is_file():
            found.append(f"{name} is missing")
        elif sha256(folder / name) != wanted:
            found.append(f"{name} is damaged")
    return found
