"""What to tell about a download that failed: what happened, and what to do, by cause."""

import errno
import os
import re
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from utils.reference.transfer import ArrivedDamaged, BrokenOff, NotAHub

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_NO_RIGHTS = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}
_OTHER_CACHE = (
    "set HF_HOME to a folder with room that is yours to write, restart the kernel, and run the line again"
)
_AGAIN = "run the line again"


class NoAnswer(Exception):
    """The hub did not answer within the time; the message says how long that was."""


def endpoint_fault() -> str | None:
    """Return what is wrong with the hub's address in HF_ENDPOINT, and what to do; None if nothing is."""
    address = os.environ.get("HF_ENDPOINT")
    if address is None:
        return None
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # brackets or a port that are none
        fine = False
    if fine:
        return None
    return (
        f"HF_ENDPOINT is {address!r}, which is no address of a hub: https:// and a host's name are "
        "missing or wrong. Correct or unset it, restart the kernel, and run the line again"
    )


def advice(error: BaseException, endpoint: str, cache: str) -> str:
    """Return what happened and what to do, without a full stop at the end.

    Args:
        error: from the network, the disk or huggingface_hub.
        endpoint: the hub's address.
        cache: the path of the hub's cache.
    """
    return (
        _of_the_file(error)
        or _of_the_disk(error, cache)
        or _of_the_proxy(error)
        or _of_the_answer(error, endpoint)
        or _of_the_connection(error, endpoint)
        or f"{first_line(error)}. {_upper(_AGAIN)}"
    )


def first_line(error: BaseException) -> str:
    """Return an error in one line: its class and the first line of its message."""
    kind, message = type(error).__name__, str(error).strip()
    return f"{kind}: {message.splitlines()[0].rstrip('.')}" if message else kind


def _of_the_file(error: BaseException) -> str | None:
    if not isinstance(error, ArrivedDamaged):
        return None
    return (
        f"{error.file} arrived damaged ({error.difference}) and was removed. {_upper(_AGAIN)}; if the same "
        f"happens again, something on the way changes files: use another network{_or_a_mirror()}"
    )


def _of_the_disk(error: BaseException, cache: str) -> str | None:
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL:
        return f"the disk with {cache} is full. Free some space and {_AGAIN}, or {_OTHER_CACHE}"
    if number in _NO_RIGHTS:
        reason = os.strerror(number or 0)
        return f"{_place(error, cache)} may not be written ({reason}). To use another one, {_OTHER_CACHE}"
    if number in _NO_FOLDER:
        return f"{_place(error, cache)} is in the way, where a folder must be. Remove it, or {_OTHER_CACHE}"
    return None


def _place(error: BaseException, cache: str) -> str:
    name = error.filename if isinstance(error, OSError) else None
    return str(name or cache)


def _of_the_proxy(error: BaseException) -> str | None:
    texts = " ".join(str(each) for each in _chain(error))
    if any(isinstance(each, ImportError) for each in _chain(error)) and "socks" in texts.lower():
        return (
            f"{_proxies()} is a SOCKS proxy, for which a package is missing here. Run %pip install socksio, "
            "restart the kernel, and run the line again"
        )
    if "proxy URL" in texts:
        return (
            f"{_proxies()} is no address of a proxy, such as http://HOST:PORT. Correct or unset it, restart "
            "the kernel, and run the line again"
        )
    if any(type(each).__name__ == "ProxyError" for each in _chain(error)) or _status(error) == 407:
        return (
            f"the proxy {_proxies()} refused ({first_line(error)}). Correct its address, with USER:PASSWORD@ "
            "before the host's name if it wants them, restart the kernel, and run the line again"
        )
    return None


def _of_the_answer(error: BaseException, endpoint: str) -> str | None:
    if isinstance(error, NotAHub):
        return (
            f"what answered at {endpoint} is no hub ({error}). If this network has a login page, log in with "
            f"a browser and {_AGAIN}{_if_mirror(', or correct HF_ENDPOINT')}"
        )
    status = _status(error)
    if status is None:
        return None
    said = f"the hub at {endpoint} answered with HTTP status {status}"
    if status in (401, 403):
        return f"{said}: {_refused()}"
    if status == 404:
        remedy = "Check HF_ENDPOINT, or unset it and restart the kernel"
        remedy = remedy if _is_mirror() else "Get a newer copy of the course"
        return f"{said}: it does not have this file. {remedy}"
    if status == 429 or status >= 500:
        return f"{said}: it is busy. Wait some minutes and {_AGAIN}{_or_a_mirror()}"
    return f"{said}. {_upper(_AGAIN)}{_or_a_mirror()}"


def _refused() -> str:
    from huggingface_hub import get_token

    if get_token():
        return (
            "it refuses the access token of this machine, and GPT-2 needs none. Unset HF_TOKEN or run "
            "`hf auth logout`, restart the kernel, and run the line again"
        )
    if _is_mirror():
        return f"it refuses the download. If it wants a token, set HF_TOKEN, restart the kernel and {_AGAIN}"
    return f"it refuses the download. This network may block it: use another one and {_AGAIN}{_or_a_mirror()}"


def _of_the_connection(error: BaseException, endpoint: str) -> str | None:
    proxies = _proxies()
    there = f"the hub at {endpoint} cannot be reached{f' through the proxy {proxies}' if proxies else ''}"
    remedy = f"Correct or unset the proxy and restart the kernel, or connect to the internet, and {_AGAIN}"
    remedy = remedy if proxies else f"Connect to the internet and {_AGAIN}{_or_a_mirror()}"
    chain = list(_chain(error))
    if isinstance(error, BrokenOff):
        reason = f" ({first_line(error.__cause__)})" if error.__cause__ else ""
        return f"the connection broke{reason}. {_upper(_AGAIN)}: it goes on where it stopped"
    if any(isinstance(each, socket.gaierror) for each in chain):
        whose = "the proxy's" if proxies else "its"
        return f"{there}: {whose} name has no address here (DNS). {remedy}"
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return (
            f"{there}: its certificate is not trusted ({first_line(error)}). Where a network inspects "
            "traffic, set SSL_CERT_FILE to its certificate, restart the kernel, and run the line again"
        )
    if isinstance(error, NoAnswer):
        return f"{there}: {error}. {remedy}"
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"NetworkError", "TimeoutException", "RemoteProtocolError"}:
        return f"{there} ({first_line(error)}). {remedy}"
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the ones that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _proxies() -> str:
    """Return the proxies that are set for the web, without user names and passwords; "" if none is."""
    found = urllib.request.getproxies()
    urls = dict.fromkeys(found[kind] for kind in ("https", "all", "http") if found.get(kind))
    return " and ".join(re.sub(r"//.*@", "//", url) for url in urls)


def _is_mirror() -> bool:
    return bool(os.environ.get("HF_ENDPOINT"))


def _if_mirror(text: str) -> str:
    return text if _is_mirror() else ""


def _or_a_mirror() -> str:
    if _is_mirror():
        return ", or unset HF_ENDPOINT and restart the kernel"
    return ", or set HF_ENDPOINT to a mirror's address and restart the kernel"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
