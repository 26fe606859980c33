"""Files in the hub's cache, checked against the digests that their names state.

The cache keeps each content once, as a blob, and a snapshot's files are links to blobs. A blob is named by
the hub's ETag, which is the content's SHA-256 for large files and git's SHA-1 for small ones. See "Understand
caching" in the documentation of huggingface_hub.
"""

import contextlib
import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from utils.reference import checksums

_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_Stamp = tuple[int, int, str]
"""A file's size in bytes, its time of change in nanoseconds, and the digest that it should have."""

_checked: dict[str, tuple[_Stamp, str]] = {}
"""For each path that this process has checked: its stamp and the digest that was found."""


@dataclass(frozen=True)
class WrongDigest:
    """A file whose content is not the one that the hub has."""

    expected: str
    found: str

    def __str__(self) -> str:
        kind = "SHA-256" if len(self.expected) == 64 else "git SHA-1"
        return f"its {kind} is {self.found[:16]}…, the hub's {self.expected[:16]}…"


def stated_digest(path: Path) -> str | None:
    """Return the digest that the name of a cached file's blob states, in hexadecimal.

    Returns None where the name is no digest: the cache holds copies instead of links (Windows without the
    developer mode), or a mirror has ETags of another kind.
    """
    # Only one link is followed: a blob may itself be a link into a store with names of another kind.
    blob = path.readlink() if path.is_symlink() else path
    return blob.name if blob.parent.name == "blobs" and _DIGEST.fullmatch(blob.name) else None


def digest(path: Path, like: str) -> str:
    """Return the file's digest in hexadecimal, of the kind of `like`: SHA-256, or git's SHA-1 of a blob."""
    if len(like) == 64:
        return checksums.sha256(path)
    start = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: start).hexdigest()


def defect(path: Path) -> WrongDigest | None:
    """Return the difference between a cached file and its digest; None if it has none, or states no digest.

    The whole file is read once, half a second for GPT-2 small. The result is kept on this machine, in
    `record_file()`, and only a file of another size or time of change is read again.
    """
    expected = stated_digest(path)
    if expected is None:
        return None
    stamp = _stamp(path, expected)
    key = str(path.resolve())
    if key not in _checked or _checked[key][0] != stamp:
        recorded = _recorded().get(key) == list(stamp)
        _checked[key] = stamp, expected if recorded else digest(path, expected)
        if not recorded and _checked[key][1] == expected:
            _record(key, stamp)
    found = _checked[key][1]
    return None if found == expected else WrongDigest(expected, found)


def record_right(path: Path) -> None:
    """Record that a cached file has the digest that its name states: the caller has just compared them."""
    if expected := stated_digest(path):
        key, stamp = str(path.resolve()), _stamp(path, expected)
        _checked[key] = stamp, expected
        _record(key, stamp)


def record_file() -> Path:
    """Return the path of the list of files that were found right."""
    home = os.environ.get("COURSE_HOME")
    folder = Path(home) if home else platformdirs.user_cache_path("gpt2-in-twelve-weeks", appauthor=False)
    return folder / "checked_files.json"


def remove(path: Path) -> None:
    """Remove a cached file and everything that it links to."""
    while path.is_symlink():
        target = path.parent / path.readlink()
        path.unlink()
        path = target
    path.unlink(missing_ok=True)


def _stamp(path: Path, expected: str) -> _Stamp:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, expected


def _recorded() -> dict[str, object]:
    try:
        content = json.loads(record_file().read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _record(key: str, stamp: _Stamp) -> None:
    """Add a file to the list. Where that cannot be written, the next process checks the file again."""
    with contextlib.suppress(OSError):
        path = record_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix="checked_files.", suffix=".new", dir=path.parent)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            json.dump({**_recorded(), key: stamp}, stream, indent=1)
        Path(draft).replace(path)
