"""Hidden seeds: fresh for each submission, the same each time it is graded."""

import hashlib
import hmac

_BITS = 53  # every JSON reader keeps such an integer exactly


def hidden_seed(secret: str | bytes, week: str, submission: bytes) -> int:
    """The seed of a submission's hidden cases: HMAC-SHA256 of the week and the file under `secret`.

    Whoever does not know the secret cannot know the cases; whoever changes a byte gets other ones.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    message = week.encode() + b"\0" + hashlib.sha256(submission).digest()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "little") >> (64 - _BITS)
