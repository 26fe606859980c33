"""Describe the problem that stops a set-up in one sentence, with what to do."""

import errno
import re
from pathlib import Path


class SetUpProblem(Exception):
    """The set-up cannot continue; the message states why and what to do."""

    stops_any_installer = False
    """True if another installer would fail for the same reason."""
    is_known = False
    """True if the installer's output matched a known problem."""


AGAIN = "then call the same command again."

KNOWN_PROBLEMS: tuple[tuple[str, str, bool], ...] = (
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
"""A pattern in an installer's output, the sentence to show, True if any other installer would fail, too."""


def problem_of(output: str, log: Path) -> SetUpProblem:
    """Return the problem that stopped an installer, from its output."""
    for pattern, sentence, stops_any_installer in KNOWN_PROBLEMS:
        if re.search(pattern, output, re.IGNORECASE):
            problem = SetUpProblem(f"{sentence} The details are in {log}.")
            problem.stops_any_installer = stops_any_installer
            problem.is_known = True
            return problem
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)(error|×)", line)]
    last = (errors or lines or ["nothing was said"])[-1]
    return SetUpProblem(f"The set-up stopped ({last[:200]}): see {log}, put that right, {AGAIN}")


def problem_of_file(error: OSError, venv: Path) -> SetUpProblem:
    """Return the problem of a file that could not be written."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return SetUpProblem(f"The disk is full: free some GB, {AGAIN}")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return SetUpProblem(
            f"{error.filename or venv} cannot be written: copy the course to a folder of your own and "
            "call the same command there."
        )
    return SetUpProblem(f"{error.filename or venv}: {error.strerror}. Put that right, {AGAIN}")
