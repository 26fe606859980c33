"""The reference object, and the choice of one by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from utils.reference import _weights, checksums, hub
from utils.reference._config import ModelConfig
from utils.reference.problems import ReferenceDamaged, ReferenceMissing, UnknownReference

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import GPT2LMHeadModel, GPT2Tokenizer

STORYTELLER = Path(__file__).parent / "storyteller"
"""The folder of the model that comes with the course, in HF's format."""

NAMES = ("storyteller", *hub.REPOSITORIES)
"""The names that `load` accepts."""


@dataclass(frozen=True)
class Reference:
    """A trained GPT-2 to compare with. Its parts are read on first use and then kept."""

    name: str
    folder: Path
    """The folder of its files, which HF's `from_pretrained` reads too."""
    config: ModelConfig

    @cached_property
    def tokenizer(self) -> "GPT2Tokenizer":
        """GPT-2's own tokenizer with its 50,257 ids, the same for every reference."""
        from utils.reference.tokenizer_files import load_tokenizer

        return load_tokenizer()

    @cached_property
    def state_dict(self) -> "dict[str, Tensor]":
        """The weights in float32 under HF's names, in HF's order, read without importing transformers.

        `lm_head.weight` is the same tensor as `transformer.wte.weight`: GPT-2 ties them. Changing a
        tensor in place changes neither `model` nor the file, but all callers share the tensors, so clone
        before you change one.
        """
        with _advice(self.name, self.folder):
            return _weights.read(self.folder / "model.safetensors", self.config)

    @cached_property
    def model(self) -> "GPT2LMHeadModel":
        """HF's model in float32 and eval mode, with the attention that can return its pattern ("eager").

        Its parameters require gradients, as HF leaves them. All callers share the object: `copy.deepcopy` it
        before you train or change it.
        """
        import torch
        from transformers import GPT2LMHeadModel

        with _advice(self.name, self.folder):
            # HF would fill a tensor that the file lacks with random numbers and carry on.
            _weights.check(self.folder / "model.safetensors", self.config)
        with _without_chatter():
            model = GPT2LMHeadModel.from_pretrained(
                self.folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
            )
        # HF's own fallback, which it otherwise takes with a warning at the first loss.
        model.loss_type = "ForCausalLM"
        return model.eval()


_chosen: str | None = None


def choose(name: str | None) -> None:
    """Make `load()` without a name return this reference from now on in this process; None undoes that.

    Grading chooses the one that every machine has, so that points do not depend on the machine.

    Raises:
        UnknownReference: there is no reference of that name.
    """
    global _chosen
    _chosen = None if name is None else _checked_name(name)


def load(name: str | None = None, *, download: bool = False, quiet: bool = False) -> Reference:
    """Return the reference of that name, the same object each time.

    Args:
        name: one of `NAMES`. None is the one that `choose` named; without one, gpt2 if the hub's cache has it
            undamaged or `download` is true, else storyteller.
        download: fetch the model from the hub, once, when the cache does not have it.
        quiet: do not print the line that names this reference and the way to get the other.

    Raises:
        UnknownReference: there is no reference of that name.
        ReferenceMissing: it is not on this machine, or the hub cannot be reached.
        ReferenceDamaged: its files fail their checksums, cannot be read, or lack a tensor.
    """
    if name is None:
        name = _chosen or ("gpt2" if download or hub.cached_model("gpt2") else "storyteller")
    _checked_name(name)
    reference = _open(name, STORYTELLER if name == "storyteller" else _hub_folder(name, download))
    if not quiet:
        print(_description(reference))
    return reference


def _checked_name(name: str) -> str:
    """Return the name itself if it is one of `NAMES`; raise UnknownReference if not."""
    if name not in NAMES:
        raise UnknownReference(f"There is no reference {name!r}. The names are {', '.join(NAMES)}.")
    return name


@cache
def _open(name: str, folder: Path) -> Reference:
    """Return the one object of a model: its weights are too large to be loaded twice."""
    with _advice(name, folder):
        if name == "storyteller":
            _check_storyteller(folder)
        return Reference(name, folder, ModelConfig.from_file(folder / "config.json"))


def _hub_folder(name: str, download: bool) -> Path:
    """Return the model's folder in the hub's cache, downloading the model first if allowed.

    Raises:
        ReferenceMissing: the model is not in the cache and `download` is false, or the download failed.
        ReferenceDamaged: its weights in the cache are damaged, and `download` is false.
    """
    if folder := hub.cached_model(name):
        return folder
    if download:
        return hub.download(name)
    call = f'load("{name}", download=True)'
    if fault := hub.cached_fault(name):
        raise ReferenceDamaged(
            f"The weights of {name} in the hub's cache are damaged: {fault}. "
            f'{call} fetches them again ({hub.SIZES[name]}); load("storyteller") comes with the course.'
        )
    raise ReferenceMissing(
        f"{name} is not in the hub's cache on this machine. "
        f"Fetch it once with {call} ({hub.SIZES[name]}), "
        'or take load("storyteller"), which comes with the course.'
    )


def _check_storyteller(folder: Path) -> None:
    if found := "; ".join(checksums.problems(folder)):
        raise ReferenceDamaged(f"The storyteller in {folder} is not as the course ships it: {found}.")


@contextmanager
def _advice(name: str, folder: Path) -> Iterator[None]:
    """Append the remedy to the message of a `ReferenceDamaged` raised inside."""
    if name == "storyteller":
        way_out = "Get the course again, or in its folder run: git checkout -- utils/reference/storyteller"
    else:
        way_out = f'Remove {hub.whole_model_folder(folder)}, then run load("{name}", download=True).'
    try:
        yield
    except ReferenceDamaged as problem:
        raise ReferenceDamaged(f"{problem} {way_out}") from problem


def _description(reference: Reference) -> str:
    """Return one line that names this reference and the call that loads the other."""
    size = f"{reference.config.n_layers} layers, d_model {reference.config.d_model}"
    if reference.name != "storyteller":
        return f'Reference: {reference.name} ({size}). The course\'s own small one: load("storyteller").'
    line = f"Reference: storyteller, the course's own small GPT-2 ({size}). "
    if hub.cached_model("gpt2"):
        return f'{line}OpenAI\'s: load("gpt2").'
    if fault := hub.cached_fault("gpt2"):
        return f'{line}OpenAI\'s is damaged in the cache ({fault}): load("gpt2", download=True) repairs it.'
    return f'{line}OpenAI\'s: load("gpt2", download=True), {hub.SIZES["gpt2"]}, once.'


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Silence transformers' progress bars and warnings while a model loads."""
    from transformers.utils import logging

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
