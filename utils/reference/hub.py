"""The hub: what its cache on this machine holds and, when somebody asks for it, the download."""

import json
import queue
import threading
from pathlib import Path

from utils.reference.problems import ReferenceMissing

REPOSITORIES = {
    name: (f"openai-community/{name}", name) for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")
}
"""Where the hub keeps each model: its name now, and the one before 2024 that old caches still use."""

SIZES = {"gpt2": "0.55 GB", "gpt2-medium": "1.5 GB", "gpt2-large": "3.2 GB", "gpt2-xl": "6.4 GB"}
"""How much a download fetches."""

WANTED = ("config.json", "generation_config.json", "model.safetensors", "vocab.json", "merges.txt")
"""The files that a download fetches: the hub also keeps the same weights for other frameworks."""

ANSWER_LIMIT_S = 1.5
"""How long the hub may take to say that it is there, in seconds."""


def cached_file(repository: str, file: str) -> Path | None:
    """Where the hub's cache keeps the file, or None when it does not. Never asks the network."""
    from huggingface_hub import try_to_load_from_cache

    try:
        path = try_to_load_from_cache(repository, file)
    except OSError:  # a cache that this user may not read holds nothing for this user
        return None
    # The cache can also remember, with an object of its own, that the hub has no such file.
    return Path(path) if isinstance(path, str) else None


def cached_model(name: str) -> Path | None:
    """The cache's folder with that model, or None when the model is not there or not all of it."""
    for repository in REPOSITORIES[name]:
        weights = cached_file(repository, "model.safetensors")
        if weights and cached_file(repository, "config.json") and is_whole(weights):
            return weights.parent
    return None


def is_whole(weights: Path) -> bool:
    """Whether a safetensors file is as long as its header says: a download that broke off is not.

    The format: the header's length (8 bytes), the header (JSON: where each tensor ends), the tensors.
    """
    try:
        size = weights.stat().st_size
        with weights.open("rb") as file:
            header_size = int.from_bytes(file.read(8), "little")
            # Any other file's first bytes make an absurd number: do not read that much.
            header = json.loads(file.read(min(header_size, size)))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    return size == 8 + header_size + max(ends, default=0)


def whole_model_folder(snapshot: Path) -> Path:
    """What to remove before a fresh download: the snapshot itself has only links to the files."""
    return snapshot.parents[1]


def download(name: str) -> Path:
    """Fetch a model into the hub's cache, with progress bars, and return its folder there.

    Raises:
        ReferenceMissing: the hub cannot be reached, or the download broke off.
    """
    from huggingface_hub import constants, hf_hub_url, snapshot_download

    repository = REPOSITORIES[name][0]
    if constants.HF_HUB_OFFLINE:
        raise ReferenceMissing(
            f"{name} was not downloaded: HF_HUB_OFFLINE is set, which forbids it. "
            'Unset it and run the line again, or take load("storyteller").'
        )
    if reason := why_no_answer(hf_hub_url(repository, "config.json"), ANSWER_LIMIT_S):
        raise ReferenceMissing(
            f"{name} was not downloaded: the hub at {constants.ENDPOINT} cannot be reached ({reason}). "
            'Connect to the internet and run the line again, or take load("storyteller").'
        )
    try:
        _remove_broken(repository)
        snapshot_download(repository, allow_patterns=list(WANTED))
    except Exception as error:  # of any kind: the network, the disk, the hub's own
        raise _broken_off(name, _first_line(error)) from error
    folder = cached_model(name)
    if folder is None:
        raise _broken_off(name, "not every file arrived")
    return folder


def why_no_answer(url: str, limit_s: float) -> str | None:
    """Why nothing useful answers at `url`, or None when it does. Takes `limit_s` seconds at most.

    The thread is what keeps the promise: looking up a name in the DNS has no time limit of its own.
    """
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_ask(url, limit_s)), daemon=True).start()
    try:
        return answers.get(timeout=limit_s)
    except queue.Empty:
        return f"no answer within {limit_s:g} s"


def _ask(url: str, limit_s: float) -> str | None:
    """Ask as huggingface_hub itself would, with its proxies and certificates."""
    from huggingface_hub import get_session

    try:
        status = get_session().head(url, timeout=limit_s).status_code
    except Exception as error:  # whichever of its many kinds: the answer is the same
        return _first_line(error)
    return None if status < 400 else f"HTTP status {status}"


def _remove_broken(repository: str) -> None:
    """Remove damaged weights from the cache: the hub's own downloader would take them for good ones."""
    weights = cached_file(repository, "model.safetensors")
    if weights and not is_whole(weights):
        weights.resolve().unlink()
        # What is left in the snapshot is a link that leads nowhere; without links, it was the file itself.
        weights.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    """An error in a line: its kind, and the first line of what it says."""
    kind, said = type(error).__name__, str(error).strip()
    return f"{kind}: {said.splitlines()[0]}" if said else kind


def _broken_off(name: str, reason: str) -> ReferenceMissing:
    return ReferenceMissing(
        f"The download of {name} ({SIZES[name]}) broke off: {reason}. "
        'Run the line again, or take load("storyteller").'
    )
