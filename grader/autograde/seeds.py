"""Seeds of the hidden cases: different for each submission, the same each time it is graded."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

_BITS = 53  # every JSON reader keeps such an integer exactly


def hidden_seed(secret: str | bytes, week: str, submission: bytes) -> int:
    """Returns the seed of a submission's hidden cases: HMAC-SHA256 of the week and the file under `secret`.

    Without the secret the cases cannot be predicted; changing a byte of the file changes them.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    message = week.encode() + b"\0" + hashlib.sha256(submission).digest()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "little") >> (64 - _BITS)


def kept_secret(path: Path) -> str:
    """Returns the secret in that file, which is made at the first call: random, and with mode 0600.

    With the same file a submission gets the same cases on every machine. Where other users can read the file,
    as they may a copy, its mode is changed.

    Raises:
        OSError: the file can neither be read nor made, or is empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise OSError(f"{path} is empty: delete it, and a new one is made")
    return secret


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # the first of several processes wins; a half-written file is never visible
    finally:
        fresh.unlink(missing_ok=True)
