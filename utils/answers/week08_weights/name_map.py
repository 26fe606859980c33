"""The answer key of `name_map`: the names in HF's own model, and the places that they fill."""

from collections.abc import Callable
from dataclasses import asdict, replace

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.week08_weights import _course
from utils.checks import week08_weights as checks
from utils.reference import ModelConfig

Map = dict[str, tuple[str, ...]]
Mapper = Callable[[ModelConfig], Map]


def _expected(config):
    names = _course.names(config)
    return {"HF's names": sorted(names), "the course's names": names}


def _but(change: Callable[[Map], Map]) -> Mapper:
    """Return a mapper whose map is right but for one change."""
    return lambda config: change(_course.names(asdict(config)))


def _other_ours(*pairs: tuple[str, str]) -> Mapper:
    """Return a mapper that swaps each pair of parts in the course's names."""

    def swapped(name: str) -> str:
        for one, other in pairs:
            name = name.replace(one, "\0").replace(other, one).replace("\0", other)
        return name

    return _but(lambda names: {theirs: tuple(map(swapped, ours)) for theirs, ours in names.items()})


def _other_theirs(rename: Callable[[str], str]) -> Mapper:
    return _but(lambda names: {rename(theirs): ours for theirs, ours in names.items()})


def _without(lost: Callable[[str, str], bool]) -> Mapper:
    """Return a mapper without the names for which `lost(name, number of the last layer)` is true."""

    def wrong(config: ModelConfig) -> Map:
        last = str(config.n_layers - 1)
        names = _course.names(asdict(config))
        return {theirs: ours for theirs, ours in names.items() if not lost(theirs, last)}

    return wrong


def _with_masks(config):
    masks = {f"transformer.h.{n}.attn.bias": (f"blocks.{n}.attn.mask",) for n in range(config.n_layers)}
    return _course.names(asdict(config)) | masks


def _per_tensor(names: Map) -> Map:
    """Return the map with separate entries for q, k and v."""
    split: Map = {}
    for theirs, ours in names.items():
        for number, target in enumerate(ours):
            split[theirs if len(ours) == 1 else f"{theirs}.{'qkv'[number]}"] = (target,)
    return split


ANSWER_KEY = AnswerKey(
    check=checks.name_map,
    expected=_expected,
    tolerance=EXACT,
    reference="HF's names and yours",
    mistakes=(
        Mistake(
            "lm_head forgotten",
            "lm_head.weight is not in the map",
            "HF's state dict lists the unembedding too, although it is tied: what does it fill?",
            _without(lambda name, last: name.startswith("lm_head")),
        ),
        Mistake(
            "ln_f forgotten",
            "the last LayerNorm is not in the map",
            "it stands outside the blocks, after them",
            _without(lambda name, last: ".ln_f." in name),
        ),
        Mistake(
            "lm_head fills the embedding again",
            "lm_head.weight fills embed.W_E, as wte.weight does, and unembed.embed.W_E is filled by none",
            "each name of your machine's state dict stands once in the map",
            _but(lambda names: names | {"lm_head.weight": ("embed.W_E",)}),
        ),
        Mistake(
            "a W_U of its own",
            "lm_head.weight fills unembed.W_U, which the machine does not have",
            "print the names of your machine's state dict: what does the unembedding hold?",
            _but(lambda names: names | {"lm_head.weight": ("unembed.W_U",)}),
        ),
        Mistake(
            "transformer. left out",
            "HF's names begin with `transformer.`, all but lm_head's",
            "print the names of HF's state dict and compare the first three",
            _other_theirs(lambda name: name.removeprefix("transformer.")),
        ),
        Mistake(
            "transformer. in front of lm_head",
            "lm_head.weight has `transformer.` in front: it is the one that stands outside",
            "the last name of HF's state dict",
            _other_theirs(lambda name: f"transformer.{name}" if name.startswith("lm") else name),
        ),
        Mistake(
            "masks taken for weights",
            "attn.bias is in the map: that was the causal mask of old files, no weight",
            "which names has HF's state dict today?",
            _with_masks,
        ),
        Mistake(
            "last block missing",
            "the last block is not in the map",
            "range(n) ends at n − 1: how many blocks are there?",
            _without(lambda name, last: f".h.{last}." in name),
        ),
        Mistake(
            "first block missing",
            "block 0 is not in the map",
            "HF counts from 0",
            _without(lambda name, last: ".h.0." in name),
        ),
        Mistake(
            "blocks counted from 1",
            "your machine's blocks are counted from 1; block 0 is never filled",
            "both sides count from 0",
            _but(
                lambda names: {
                    theirs: tuple(_moved_up(name) for name in ours) for theirs, ours in names.items()
                }
            ),
        ),
        Mistake(
            "always 12 blocks",
            "the map has 12 blocks, whatever the config says",
            "where does the number of layers come from?",
            lambda config: _course.names(asdict(replace(config, n_layers=12))),
        ),
        Mistake(
            "one block for all",
            "every block fills blocks.0",
            "does the layer's number stand on both sides?",
            _but(
                lambda names: {
                    theirs: tuple(_moved_to_0(name) for name in ours) for theirs, ours in names.items()
                }
            ),
        ),
        Mistake(
            "q, k, v in another order",
            "c_attn's thirds are named K, Q, V",
            "HF keeps them in the order of their letters in “q, k, v”",
            _other_ours(("_Q", "_K")),
        ),
        Mistake(
            "v before k",
            "c_attn's thirds are named Q, V, K",
            "HF keeps them in the order of their letters in “q, k, v”",
            _other_ours(("_K", "_V")),
        ),
        Mistake(
            "c_attn fills W_Q alone",
            "c_attn fills one name; it holds three weights side by side",
            "what are its 3 · d_model columns?",
            _but(
                lambda names: {
                    theirs: ours[:1] if "c_attn" in theirs else ours for theirs, ours in names.items()
                }
            ),
        ),
        Mistake(
            "c_attn cut up by name",
            "HF has one c_attn, not a tensor each for q, k and v",
            "a name of HF's is a key once; what it fills is the tuple",
            _but(_per_tensor),
        ),
        Mistake(
            "ln_1 and ln_2 swapped",
            "the LayerNorm before attention and the one before the MLP are swapped",
            "the two have the same shapes, so nothing else will tell you: read the names",
            _other_ours(("ln_1", "ln_2")),
        ),
        Mistake(
            "gain and bias swapped",
            "a LayerNorm's weight fills the bias, and its bias the gain",
            "HF's LayerNorm is torch's: which of its two parameters multiplies?",
            _other_ours(("gain", "bias")),
        ),
        Mistake(
            "in and out swapped",
            "c_fc fills W_out, and the MLP's c_proj fills W_in",
            "fc goes out to d_mlp, proj comes back",
            _other_ours(("mlp.W_in", "mlp.W_out"), ("mlp.b_in", "mlp.b_out")),
        ),
        Mistake(
            "the two c_proj swapped",
            "attention's c_proj fills W_out, and the MLP's fills W_O",
            "both halves of a block have a c_proj: which one stands under `attn`?",
            _other_ours(("attn.W_O", "mlp.W_out"), ("attn.b_O", "mlp.b_out")),
        ),
        Mistake(
            "wte and wpe swapped",
            "the token vectors fill W_pos, and the position vectors W_E",
            "t stands for token, p for position",
            _other_ours(("pos_embed.W_pos", "embed.W_E")),
        ),
        Mistake(
            "turned round",
            "the map leads from your names to HF's",
            "HF's names are the keys",
            _but(lambda names: {ours: (theirs,) for theirs, all_ours in names.items() for ours in all_ours}),
        ),
    ),
)


def _numbered(name: str, number: int) -> str:
    parts = name.split(".")
    return ".".join([parts[0], str(number), *parts[2:]]) if parts[0] == "blocks" else name


def _moved_up(name: str) -> str:
    return _numbered(name, int(name.split(".")[1]) + 1) if name.startswith("blocks") else name


def _moved_to_0(name: str) -> str:
    return _numbered(name, 0)
