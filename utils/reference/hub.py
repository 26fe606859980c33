"""The Hugging Face hub: its cache on this machine and, on request, downloads."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from utils.reference import blobs, transfer
from utils.reference.advice import NoAnswer, advice, endpoint_fault
from utils.reference.problems import ReferenceMissing
from utils.reference.transfer import RemoteFile

if TYPE_CHECKING:
    from huggingface_hub.utils import tqdm

REPOSITORIES = {
    name: (f"openai-community/{name}", name) for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")
}
"""The hub repositories of each model: the present one, and the one before 2024 that old caches still use."""

SIZES = {"gpt2": "0.55 GB", "gpt2-medium": "1.5 GB", "gpt2-large": "3.2 GB", "gpt2-xl": "6.4 GB"}
"""The size of each download."""

WANTED = ("config.json", "generation_config.json", "model.safetensors", "vocab.json", "merges.txt")
"""The files to download. The repositories also hold the weights for other frameworks, which are left out."""

ANSWER_LIMIT_S = 1.5
"""How long to wait for the hub's first answer, in seconds, before a line says that it is slow."""

PATIENCE_S = 15.0
"""How long to wait after that line; and for the next byte, once a file is on its way."""


def cached_file(repository: str, file: str) -> Path | None:
    """Return the file's path in the hub's cache, or None if it is not there. Never uses the network."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ValueError:  # it takes the hub's address apart when it is imported
        if fault := endpoint_fault():
            raise ReferenceMissing(f"{fault}.") from None
        raise
    try:
        path = try_to_load_from_cache(repository, file)
    except OSError:  # the cache is not readable for this user
        return None
    # The cache also records files that the hub lacks, for which the call returns a sentinel object.
    return Path(path) if isinstance(path, str) else None


def cached_model(name: str) -> Path | None:
    """Return the cache's folder with that model, or None if the model is not there, incomplete or damaged."""
    for repository in REPOSITORIES[name]:
        weights = cached_file(repository, "model.safetensors")
        if weights and cached_file(repository, "config.json") and not weights_fault(weights):
            return weights.parent
    return None


def cached_fault(name: str) -> str | None:
    """Return what is wrong with the weights in the cache; None if they are right or not there."""
    for repository in REPOSITORIES[name]:
        weights = cached_file(repository, "model.safetensors")
        if weights and (fault := weights_fault(weights)):
            return fault
    return None


def weights_fault(weights: Path) -> str | None:
    """Return what is wrong with weights in the cache, their length or digest; None if nothing is."""
    if not is_whole(weights):
        return "the file is incomplete"
    try:
        difference = blobs.defect(weights)
    except OSError as error:
        return f"the file cannot be read ({error.strerror})"
    return str(difference) if difference else None


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
    """Fetch a model into the hub's cache, with a progress bar, and return its folder there.

    What an earlier call has fetched is kept, each file is compared with its digest, and of several processes
    one fetches while the others wait.

    Raises:
        ReferenceMissing: the hub cannot be reached, or the download failed; the message says what to do.
    """
    if fault := endpoint_fault():
        raise _not_downloaded(name, fault)
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise _not_downloaded(
            name, "HF_HUB_OFFLINE is set, which forbids it. Unset it and run the line again"
        )
    try:
        repository = REPOSITORIES[name][0]
        first = answer_in_time(repository, WANTED[0])
        with _only_process(name):
            if (folder := cached_model(name)) is None:
                _fetch_all(name, repository, first)
                folder = cached_model(name)
    except Exception as error:  # from the network, the disk or the hub's client
        reason = advice(error, constants.ENDPOINT, constants.HF_HUB_CACHE)
        raise _not_downloaded(name, reason) from error
    if folder is None:
        raise _not_downloaded(name, f"{cached_fault(name) or 'not every file arrived'}. Run the line again")
    return folder


def answer_in_time(repository: str, file: str) -> RemoteFile:
    """Return the hub's answer about a file. After `ANSWER_LIMIT_S` a line says that it is slow.

    The request runs in a thread because a DNS look-up has no time limit of its own.

    Raises:
        NoAnswer: there was none `PATIENCE_S` seconds after that line.
        Exception: the hub refused or could not be reached.
    """
    from huggingface_hub import constants

    answers: queue.SimpleQueue[RemoteFile | Exception] = queue.SimpleQueue()
    limit_s = ANSWER_LIMIT_S + PATIENCE_S
    threading.Thread(target=lambda: answers.put(_ask(repository, file, limit_s)), daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_LIMIT_S)
    except queue.Empty:
        print(f"The hub at {constants.ENDPOINT} is slow to answer: waiting up to {PATIENCE_S:g} s more.")
        try:
            answer = answers.get(timeout=PATIENCE_S)
        except queue.Empty:
            raise NoAnswer(f"no answer within {limit_s:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ask(repository: str, file: str, limit_s: float) -> RemoteFile | Exception:
    """Return the answer or the error, for the thread that waits for it."""
    try:
        return transfer.describe(repository, file, limit_s)
    except Exception as error:
        return error


@contextmanager
def _only_process(name: str) -> Iterator[None]:
    """Let one process at a time download a model; the others wait, and say so."""
    from filelock import FileLock, Timeout
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE) / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"course-{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"Another kernel is downloading {name}: waiting for it.", flush=True)
        lock.acquire()
    except NotImplementedError:  # a file system without locks: both would fetch, and the digests decide
        pass
    try:
        yield
    finally:
        lock.release()


def _fetch_all(name: str, repository: str, first: RemoteFile) -> None:
    """Fetch every file that is missing or damaged, then let the hub's client link them into its cache."""
    from huggingface_hub import constants, hf_hub_download

    _remove_broken(repository)
    files = [first, *(transfer.describe(repository, file, PATIENCE_S) for file in WANTED[1:])]
    folder = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    blob_of = {file: folder / "blobs" / file.etag for file in files}
    missing = [file for file in files if not _is_there(folder, file)]
    have = sum(transfer.arrived(blob_of[file]) for file in missing)
    total = sum(file.size for file in missing)
    with progress_bar(name, total, have) as bar:
        try:
            for file in missing:
                transfer.fetch(file, blob_of[file], bar.update, PATIENCE_S)
        except KeyboardInterrupt:
            print(f"Stopped at {bar.n / 1e6:.0f} of {total / 1e6:.0f} MB; the next call goes on from there.")
            raise
    for file in files:
        linked = Path(hf_hub_download(repository, file.name))
        if not linked.is_symlink():  # the cache cannot hold links, so this is a copy
            blob_of[file].unlink(missing_ok=True)


def progress_bar(name: str, total: int, have: int) -> "tqdm":
    """Return the bar of a download of `total` bytes, of which `have` are here; HF can turn it off."""
    from huggingface_hub.utils import tqdm

    return tqdm(desc=name, total=total, initial=have, unit="B", unit_scale=True)


def _is_there(folder: Path, file: RemoteFile) -> bool:
    """True if the cache has a file and what it holds is right, as far as a digest is known."""
    snapshot = folder / "snapshots" / file.commit / file.name
    blob = folder / "blobs" / file.etag
    for place in (snapshot, blob):
        if place.exists() and blobs.defect(place):
            blobs.remove(place)
    return snapshot.exists() or blob.exists()


def _remove_broken(repository: str) -> None:
    """Remove damaged weights from the cache, which the hub's client would keep."""
    weights = cached_file(repository, "model.safetensors")
    if weights and weights_fault(weights):
        blobs.remove(weights)


def _not_downloaded(name: str, reason: str) -> ReferenceMissing:
    return ReferenceMissing(
        f'{name} ({SIZES[name]}) was not downloaded: {reason}, or take load("storyteller").'
    )
