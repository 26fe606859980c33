"""The Hugging Face hub: its cache on this machine and, on request, downloads."""

import json
import queue
import threading
from pathlib import Path

from utils.reference.problems import ReferenceMissing

REPOSITORIES = {
    name: (f"openai-community/{name}", name) for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")
}
"""The hub repositories of each model: the present one, and the one before 2024 that old caches still use."""

SIZES = {"gpt2": "0.55 GB", "gpt2-medium": "1.5 GB", "gpt2-large": "3.2 GB", "gpt2-xl": "6.4 GB"}
"""The size of each download."""

WANTED = ("config.json", "generation_config.json", "model.safetensors", "vocab.json", "merges.txt")
"""The files to download. The repositories also hold the weights for other frameworks, which are left out."""

ANSWER_LIMIT_S = 1.5
"""How long to wait for the hub's first answer, in seconds."""


def cached_file(repository: str, file: str) -> Path | None:
    """Return the file's path in the hub's cache, or None if it is not there. Never uses the network."""
    from huggingface_hub import try_to_load_from_cache

    try:
        path = try_to_load_from_cache(repository, file)
    except OSError:  # the cache is not readable for this user
        return None
    # The cache also records files that the hub lacks, for which the call returns a sentinel object.
    return Path(path) if isinstance(path, str) else None


def cached_model(name: str) -> Path | None:
    """Return the cache's folder with that model, or None if the model is not there or incomplete."""
    for repository in REPOSITORIES[name]:
        weights = cached_file(repository, "model.safetensors")
        if weights and cached_file(repository, "config.json") and is_whole(weights):
            return weights.parent
    return None


def is_whole(weights: Path) -> bool:
    """True if a safetensors file is as long as its header states, which an interrupted download is not.

    The format: the header's length (8 bytes, little-endian), the header (JSON with each tensor's offsets),
    the tensors.
    """
    try:
        size = weights.stat().st_size
        with weights.open("rb") as file:
            header_size = int.from_bytes(file.read(8), "little")
            # In a file of another format the first bytes may make a huge number: never read more than it has.
            header = json.loads(file.read(min(header_size, size)))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    return size == 8 + header_size + max(ends, default=0)


def whole_model_folder(snapshot: Path) -> Path:
    """Return the folder to remove before a fresh download: the snapshot itself only links to the files."""
    return snapshot.parents[1]


def download(name: str) -> Path:
    """Fetch a model into the hub's cache, with progress bars, and return its folder there.

    Raises:
        ReferenceMissing: the hub cannot be reached, or the download failed.
    """
    from huggingface_hub import constants, hf_hub_url, snapshot_download

    repository = REPOSITORIES[name][0]
    if constants.HF_HUB_OFFLINE:
        raise ReferenceMissing(
            f"{name} was not downloaded: HF_HUB_OFFLINE is set, which forbids it. "
            'Unset it and run the line again, or take load("storyteller").'
        )
    if reason := unreachable_reason(hf_hub_url(repository, "config.json"), ANSWER_LIMIT_S):
        raise ReferenceMissing(
            f"{name} was not downloaded: the hub at {constants.ENDPOINT} cannot be reached ({reason}). "
            'Connect to the internet and run the line again, or take load("storyteller").'
        )
    try:
        _remove_broken(repository)
        snapshot_download(repository, allow_patterns=list(WANTED))
    except Exception as error:  # from the network, the disk or the hub's client
        raise _broken_off(name, _first_line(error)) from error
    folder = cached_model(name)
    if folder is None:
        raise _broken_off(name, "not every file arrived")
    return folder


def unreachable_reason(url: str, limit_s: float) -> str | None:
    """Return the reason why `url` cannot be reached, or None if it can. Takes `limit_s` seconds at most.

    The request runs in a thread because a DNS lookup has no time limit of its own.
    """
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_ask(url, limit_s)), daemon=True).start()
    try:
        return answers.get(timeout=limit_s)
    except queue.Empty:
        return f"no answer within {limit_s:g} s"


def _ask(url: str, limit_s: float) -> str | None:
    """Request `url` with huggingface_hub's own session, which has its proxies and certificates."""
    from huggingface_hub import get_session

    try:
        status = get_session().head(url, timeout=limit_s).status_code
    except Exception as error:  # any error means that the hub cannot be reached
        return _first_line(error)
    return None if status < 400 else f"HTTP status {status}"


def _remove_broken(repository: str) -> None:
    """Remove incomplete weights from the cache, which the hub's downloader would keep."""
    weights = cached_file(repository, "model.safetensors")
    if weights and not is_whole(weights):
        weights.resolve().unlink()
        # Now the snapshot's own entry: a dangling link, or already gone in a cache without links.
        weights.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    """Return an error in one line: its class and the first line of its message."""
    kind, message = type(error).__name__, str(error).strip()
    return f"{kind}: {message.splitlines()[0]}" if message else kind


def _broken_off(name: str, reason: str) -> ReferenceMissing:
    return ReferenceMissing(
        f"The download of {name} ({SIZES[name]}) broke off: {reason}. "
        'Run the line again, or take load("storyteller").'
    )
