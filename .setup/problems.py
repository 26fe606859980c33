"""What stops a set-up, in one sentence with what to do."""

import errno
import re
from pathlib import Path


class SetUpProblem(Exception):
    """The set-up cannot go on; the message says why and what to do."""

    no_help_elsewhere = False
    """Whether another installer would stop at the same."""
    is_known = False
    """Whether the installer's words told what it is."""


AGAIN = "then call the same command again."

SIGNS: tuple[tuple[str, str, bool], ...] = (
    (
        r"no space left on device|os error 28|errno 28|disk quota exceeded|os error 122"
        r"|not enough space on the disk",
        f"The disk is full: free some GB, {AGAIN}",
        True,
    ),
    (
        r"proxyerror|cannot connect to proxy|proxy connect|tunnel (?:error|connection)|unsuccessful tunnel"
        r"|proxy auth",
        "The proxy that this machine names does not answer: put the variables HTTPS_PROXY and HTTP_PROXY "
        f"right or remove them, {AGAIN}",
        False,
    ),
    (
        r"certificate",
        "The package index could not prove who it is (its certificate is not trusted here): if your network "
        "replaces certificates, name its own in pip's configuration (pip config set global.cert FILE), "
        f"{AGAIN}",
        False,
    ),
    (
        r"dns error|name resolution|name or service not known|nodename nor servname|getaddrinfo failed"
        r"|unreachable|failed to lookup|connection refused|connecttimeout|timed out|connection reset"
        r"|connection broken|newconnectionerror|error sending request|request failed after",
        f"The network cannot be reached: connect this machine, {AGAIN} Once set up, the course needs none.",
        False,
    ),
    (
        r"no matching distribution found for torch|torch.* has no wheels",
        "There is no PyTorch for this machine and this Python: try another Python, for example: "
        "make lab PYTHON=python3.12",
        False,
    ),
    (r"permission denied|os error 13", f"A file may not be written: see who owns it, {AGAIN}", True),
)
"""What an installer's words tell: a pattern, the sentence, whether another installer would stop there too."""


def problem_of(words: str, log: Path) -> SetUpProblem:
    """The problem that made an installer stop, from what it printed."""
    for pattern, sentence, everywhere in SIGNS:
        if re.search(pattern, words, re.IGNORECASE):
            problem = SetUpProblem(f"{sentence} The details are in {log}.")
            problem.no_help_elsewhere = everywhere
            problem.is_known = True
            return problem
    said = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in said if re.match(r"(?i)(error|×)", line)]
    last = (errors or said or ["nothing was said"])[-1]
    return SetUpProblem(f"The set-up stopped ({last[:200]}): see {log}, put that right, {AGAIN}")


def problem_of_file(error: OSError, venv: Path) -> SetUpProblem:
    """The problem that a file could not be written."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return SetUpProblem(f"The disk is full: free some GB, {AGAIN}")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return SetUpProblem(
            f"{error.filename or venv} cannot be written: copy the course to a folder of your own and "
            "call the same command there."
        )
    return SetUpProblem(f"{error.filename or venv}: {error.strerror}. Put that right, {AGAIN}")
