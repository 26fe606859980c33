"""Hidden seeds: fresh for each submission, the same each time it is graded."""

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

    Who keeps the file keeps the grades: with it the same submission gets the same cases on every machine.

    Raises:
        OSError: the file can neither be read nor made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(fresh, path)  # whoever comes first; a half-written secret is never seen
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()
