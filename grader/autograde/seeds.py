"""Hidden seeds: fresh for each submission, the same each time it is graded."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

_BITS = 53  # every JSON reader keeps such an integer exactly


def hidden_seed(secret: str | bytes, week: str, submission: bytes) -> int:
    """The seed of a submission's hidden cases: HMAC-SHA256 of the week and the file under `secret`.

    Whoever does not know the secret cannot know the cases; whoever changes a byte gets other ones.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    message = week.encode() + b"\0" + hashlib.sha256(submission).digest()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "little") >> (64 - _BITS)


def kept_secret(path: Path) -> str:
    """The secret in that file, which is made at the first call: random, and for its owner alone.

    Who keeps the file keeps the grades: with it the same submission gets the same cases on every machine. One
    that others can read, as a copy from elsewhere may be, is closed to them.

    Raises:
        OSError: the file can neither be read nor made, or nothing is in it.
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
            os.link(fresh, path)  # whoever comes first; a half-written secret is never seen
    finally:
        fresh.unlink(missing_ok=True)
