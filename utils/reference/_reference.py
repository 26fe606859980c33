"""The reference object, and which one you get."""

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
"""The names that `load` knows."""


@dataclass(frozen=True)
class Reference:
    """A trained GPT-2 to compare with. Its parts are read when you first touch them, and then kept."""

    name: str
    folder: Path
    """Where its files are: HF's `from_pretrained` reads this folder too."""
    config: ModelConfig

    @cached_property
    def tokenizer(self) -> "GPT2Tokenizer":
        """GPT-2's own tokenizer with its 50,257 ids: every reference has the same."""
        from utils.tokens import load_tokenizer

        return load_tokenizer()

    @cached_property
    def state_dict(self) -> "dict[str, Tensor]":
        """The weights in float32 under HF's names, in HF's order, read without importing transformers.

        `lm_head.weight` is the same tensor as `transformer.wte.weight`: GPT-2 ties them. Changing a
        tensor in place changes neither `model` nor the file. But everybody who asks gets the same tensors, so
        clone what you mean to change.
        """
        with _advice(self.name, self.folder):
            return _weights.read(self.folder / "model.safetensors", self.config)

    @cached_property
    def model(self) -> "GPT2LMHeadModel":
        """HF's model in float32 and eval mode, with the attention that can show its pattern ("eager").

        Its parameters require gradients, as HF leaves them. Everybody who asks gets the same object:
        `copy.deepcopy` it before you train or change it.
        """
        import torch
        from transformers import GPT2LMHeadModel

        with _advice(self.name, self.folder):
            # HF would fill a tensor that the file lacks with random numbers, and go on.
            _weights.check(self.folder / "model.safetensors", self.config)
        with _without_chatter():
            model = GPT2LMHeadModel.from_pretrained(
                self.folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
            )
        # What HF falls back on anyway, but with a warning at the first loss.
        model.loss_type = "ForCausalLM"
        return model.eval()


_settled: str | None = None


def choose(name: str | None) -> None:
    """From now on, in this process, `load()` without a name means this reference; None takes that back.

    Grading settles on the one that every machine has, so that points are the same on all of them.

    Raises:
        UnknownReference: there is no reference of that name.
    """
    global _settled
    _settled = None if name is None else _known(name)


def load(name: str | None = None, *, download: bool = False, quiet: bool = False) -> Reference:
    """The reference of that name; the same object each time.

    Args:
        name: one of `NAMES`. None is gpt2 if the hub's cache has it or `download` is true, else storyteller.
        download: fetch the model from the hub, once, when the cache does not have it.
        quiet: do not print the line that says which reference this is and how to get the other.

    Raises:
        UnknownReference: there is no reference of that name.
        ReferenceMissing: it is not on this machine, or the hub cannot be reached.
        ReferenceDamaged: its files are not what they should be.
    """
    if name is None:
        name = _settled or ("gpt2" if download or hub.cached_model("gpt2") else "storyteller")
    _known(name)
    reference = _open(name, STORYTELLER if name == "storyteller" else _hub_folder(name, download))
    if not quiet:
        print(_which(reference))
    return reference


def _known(name: str) -> str:
    if name not in NAMES:
        raise UnknownReference(f"There is no reference {name!r}. The names are {', '.join(NAMES)}.")
    return name


@cache
def _open(name: str, folder: Path) -> Reference:
    """One object for each model, because its weights are large."""
    with _advice(name, folder):
        if name == "storyteller":
            _check_storyteller(folder)
        return Reference(name, folder, ModelConfig.from_file(folder / "config.json"))


def _hub_folder(name: str, download: bool) -> Path:
    """Where the hub's cache has the model; if it has not, fetch it or say how to."""
    if folder := hub.cached_model(name):
        return folder
    if download:
        return hub.download(name)
    raise ReferenceMissing(
        f"{name} is not in the hub's cache on this machine. "
        f'Fetch it once with load("{name}", download=True) ({hub.SIZES[name]}), '
        'or take load("storyteller"), which comes with the course.'
    )


def _check_storyteller(folder: Path) -> None:
    if found := "; ".join(checksums.problems(folder)):
        raise ReferenceDamaged(f"The storyteller in {folder} is not as the course ships it: {found}.")


@contextmanager
def _advice(name: str, folder: Path):
    """Add what to do to whatever is said about damaged files."""
    if name == "storyteller":
        way_out = "Get the course again, or in its folder run: git checkout -- utils/reference/storyteller"
    else:
        way_out = f'Remove {hub.whole_model_folder(folder)}, then run load("{name}", download=True).'
    try:
        yield
    except ReferenceDamaged as problem:
        raise ReferenceDamaged(f"{problem} {way_out}") from problem


def _which(reference: Reference) -> str:
    """One line: which reference this is, and how to get the other."""
    size = f"{reference.config.n_layers} layers, d_model {reference.config.d_model}"
    if reference.name != "storyteller":
        return f'Reference: {reference.name} ({size}). The course\'s own small one: load("storyteller").'
    in_cache = hub.cached_model("gpt2")
    call = 'load("gpt2")' if in_cache else f'load("gpt2", download=True), {hub.SIZES["gpt2"]}, once'
    return f"Reference: storyteller, the course's own small GPT-2 ({size}). OpenAI's: {call}."


@contextmanager
def _without_chatter():
    """Keep transformers' progress bars and remarks out of the notebook while a model loads."""
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
