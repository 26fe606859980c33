"""The transfer of one file from the hub: resumed where an earlier one stopped, and checked at its end.

huggingface_hub's own download starts at the first byte after each interruption, and compares no digest.
"""

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.reference import blobs
from utils.reference.blobs import WrongDigest

PAUSES_S = (0.0, 1.0, 4.0)
"""Pauses in seconds before a broken connection is made again. After the last one without a byte, give up."""

_SUFFIX = ".course.incomplete"
"""Of the file that a transfer writes, beside the blob that it becomes."""

Advance = Callable[[int], object]
"""Callback for bytes that have arrived; with a negative number for bytes that have to be fetched again."""


class NotAHub(Exception):
    """Something answered that does not speak the hub's protocol; the message says what is missing."""


class ArrivedDamaged(Exception):
    """A file arrived in full and is not the hub's; it was removed."""

    def __init__(self, file: str, difference: WrongDigest):
        super().__init__(file, difference)
        self.file = file
        self.difference = difference


class BrokenOff(Exception):
    """The connection was lost and could not be made again; what arrived is kept."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository on the hub."""

    name: str
    url: str
    etag: str
    """The hub's name of the content, which is the blob's in the cache."""
    commit: str
    size: int
    """In bytes."""


def describe(repository: str, name: str, limit_s: float) -> RemoteFile:
    """Ask the hub about a file, with huggingface_hub's own session, which has its proxies and certificates.

    Args:
        limit_s: seconds without an answer after which to give up.

    Raises:
        NotAHub: the answer lacks what a hub's answer states.
        Exception: the hub refused or could not be reached, as huggingface_hub and its HTTP library report it.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(repository, name)
    answer = get_hf_file_metadata(url, timeout=limit_s)
    if answer.commit_hash is None:
        raise NotAHub("the answer names no commit")
    # It becomes a file's name.
    if answer.etag is None or not re.fullmatch(r"[\w-][\w.-]*", answer.etag):
        raise NotAHub("the answer has no usable ETag")
    if answer.size is None:
        raise NotAHub("the answer states no length")
    return RemoteFile(name, url, answer.etag, answer.commit_hash, answer.size)


def arrived(blob: Path) -> int:
    """Return how many bytes of a blob are on this machine from earlier transfers."""
    return _length(blob) or _length(_part(blob))


def fetch(file: RemoteFile, blob: Path, advance: Advance, limit_s: float) -> None:
    """Fetch a file into `blob`, and nothing that an earlier call has fetched.

    Args:
        limit_s: seconds without a byte after which a connection counts as broken.

    Raises:
        ArrivedDamaged: the content does not have the digest that the hub names.
        BrokenOff: the connection broke again and again without a byte in between.
        OSError: the disk is full, or the cache cannot be written.
    """
    part = _part(blob)
    blob.parent.mkdir(parents=True, exist_ok=True)
    _require_space(part.parent, file.size - _length(part))
    failures, furthest = 0, _length(part)
    while _length(part) != file.size:
        broken = _receive_or_error(file, part, advance, limit_s)
        # Not the last length: a hub that starts the file anew each time would look like progress.
        failures = 0 if _length(part) > furthest else failures + 1
        furthest = max(furthest, _length(part))
        if failures > len(PAUSES_S):
            raise BrokenOff from broken
        if failures:
            time.sleep(PAUSES_S[failures - 1])
    _accept(file, part, blob)


def _part(blob: Path) -> Path:
    return blob.with_name(blob.name + _SUFFIX)


def _length(path: Path) -> int:
    """Return a file's length in bytes; 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _require_space(folder: Path, wanted: int) -> None:
    """Raise the operating system's own error for a full disk before anything is fetched."""
    free = None
    with suppress(OSError):  # some network file systems do not say
        free = shutil.disk_usage(folder).free
    if free is not None and free < wanted:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _receive_or_error(file: RemoteFile, part: Path, advance: Advance, limit_s: float) -> Exception | None:
    """Append what is missing to `part`, as far as the connection holds; return the error that ended it."""
    try:
        _receive(file, part, advance, limit_s)
    except Exception as error:
        if not _is_transient(error):
            raise
        return error
    return None


def _receive(file: RemoteFile, part: Path, advance: Advance, limit_s: float) -> None:
    """Append what one answer of the hub brings to `part`."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers

    have = _length(part)
    # Compressed bytes could neither be counted nor resumed.
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with (
        get_session().stream(
            "GET", file.url, headers=headers, timeout=limit_s, follow_redirects=True
        ) as response,
        part.open("ab") as content,
    ):
        if have and not _continues(response, have):
            content.truncate(0)
            advance(-have)
        if response.status_code == 416:  # what is here is longer than the file: begin anew
            return
        _raise_for_status(response)
        for chunk in response.iter_bytes():
            content.write(chunk)
            advance(len(chunk))
        content.flush()
        os.fsync(content.fileno())
    if _length(part) > file.size:
        raise NotAHub(f"{file.name} is longer than the answer states")


def _continues(response: Any, have: int) -> bool:
    """True if an answer begins at the byte that was asked for, or is an error."""
    if response.status_code == 206:
        return str(response.headers.get("Content-Range", "")).startswith(f"bytes {have}-")
    return response.status_code >= 400 and response.status_code != 416


def _raise_for_status(response: Any) -> None:
    from huggingface_hub.utils import hf_raise_for_status

    hf_raise_for_status(response)


def _is_transient(error: Exception) -> bool:
    """True for errors of a connection: one that cannot be made, breaks, or falls silent.

    The classes are known by name, since huggingface_hub has changed its HTTP library.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"NetworkError", "TimeoutException", "RemoteProtocolError"})


def _accept(file: RemoteFile, part: Path, blob: Path) -> None:
    """Make `part` the blob, after a comparison with the digest that is the blob's name."""
    expected = blobs.stated_digest(blob)
    found = blobs.digest(part, expected) if expected else None
    if expected and found and found != expected:
        part.unlink()
        raise ArrivedDamaged(file.name, WrongDigest(expected, found))
    part.replace(blob)
    blobs.record_right(blob)
