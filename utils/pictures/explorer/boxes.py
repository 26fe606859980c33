"""The boxes of the explorer, from the text to the next token: what each one holds, and by which formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from utils.pictures.explorer.run import Run

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

Kind = Literal["tokens", "vectors", "table", "scores"]


@dataclass(frozen=True)
class Box:
    """One quantity of the model's run."""

    name: str
    """As it is called in the notebooks; also what opens it."""
    group: str
    """Where it is drawn: `input`, `attention`, `mlp` or `output`."""
    formula: str
    axes: str
    """The axes of the picture, by the course's names."""
    what: str
    """One sentence on what it is."""
    module: str
    """The module that computes it, as an attribute of `Parts` or of `Block`; empty if there is none."""
    week: int
    """The week in which students build it."""
    numbers: Callable[[Run, int, int], Float[Tensor, ...]]
    """From a run, a block and a head to the numbers."""


def _output(name: str) -> Callable[[Run, int, int], Tensor]:
    return lambda run, layer, head: run.outputs[name]


def _of_block(name: str) -> Callable[[Run, int, int], Tensor]:
    return lambda run, layer, head: run.outputs[f"{layer} {name}"]


def _of_head(name: str) -> Callable[[Run, int, int], Tensor]:
    return lambda run, layer, head: getattr(run.attention(layer), name)[head]


def _masked(run: Run, layer: int, head: int) -> Tensor:
    attention = run.attention(layer)
    return attention.scores[head].masked_fill(attention.mask, float("-inf"))


BOXES = (
    Box(
        "tokens",
        "input",
        "text → tokens → ids",
        "seq",
        "The tokenizer splits the text into tokens of a fixed vocabulary. Each has an id.",
        "",
        2,
        lambda run, layer, head: run.ids,
    ),
    Box(
        "token embeddings",
        "input",
        "W_E[id]",
        "seq d_model",
        "Each id selects its row of the embedding matrix, whatever the position.",
        "embed",
        3,
        _output("token embeddings"),
    ),
    Box(
        "position embeddings",
        "input",
        "W_pos[position]",
        "seq d_model",
        "Each position has a learned vector, the same for every text.",
        "pos_embed",
        3,
        _output("position embeddings"),
    ),
    Box(
        "residual stream",
        "attention",
        "block 0: token embedding + position embedding; later: the output of the block before",
        "seq d_model",
        "One vector for each token. Every layer reads from it and adds to it.",
        "",
        3,
        _of_block("input"),
    ),
    Box(
        "ln_1",
        "attention",
        "(x − mean) / √(variance + ε) · gain + bias",
        "seq d_model",
        "LayerNorm brings each vector to a standard size before attention reads it.",
        "ln_1",
        4,
        _of_block("ln_1"),
    ),
    Box(
        "q",
        "attention",
        "ln_1 · W_Q + b_Q",
        "seq d_head",
        "The queries of this head: what each token is looking for.",
        "attn",
        5,
        _of_head("q"),
    ),
    Box(
        "k",
        "attention",
        "ln_1 · W_K + b_K",
        "seq d_head",
        "The keys of this head: what each token can be found by.",
        "attn",
        5,
        _of_head("k"),
    ),
    Box(
        "v",
        "attention",
        "ln_1 · W_V + b_V",
        "seq d_head",
        "The values of this head: what is passed on from each token.",
        "attn",
        5,
        _of_head("v"),
    ),
    Box(
        "scores",
        "attention",
        "q · kᵀ / √d_head",
        "query key",
        "How well each query matches each key.",
        "attn",
        5,
        _of_head("scores"),
    ),
    Box(
        "mask",
        "attention",
        "scores, with −∞ where the key comes after the query",
        "query key",
        "The causal mask hides later tokens from earlier ones.",
        "attn",
        5,
        _masked,
    ),
    Box(
        "attention weights",
        "attention",
        "softmax over the keys",
        "query key",
        "Each row adds up to 1: how much of each value the query's token gets.",
        "attn",
        5,
        _of_head("weights"),
    ),
    Box(
        "z",
        "attention",
        "attention weights · v",
        "seq d_head",
        "The weighted mean of the values, for each token.",
        "attn",
        5,
        _of_head("z"),
    ),
    Box(
        "head output",
        "attention",
        "z · W_O of this head",
        "seq d_model",
        "What this head by itself adds to the residual stream.",
        "attn",
        6,
        _of_head("by_head"),
    ),
    Box(
        "attention output",
        "attention",
        "sum over the heads + b_O",
        "seq d_model",
        "What the whole attention layer adds to the residual stream.",
        "attn",
        6,
        _of_block("attn"),
    ),
    Box(
        "stream after attention",
        "mlp",
        "residual stream + attention output",
        "seq d_model",
        "The residual connection: the layer's output is added, nothing is overwritten.",
        "",
        7,
        lambda run, layer, head: run.outputs[f"{layer} input"] + run.outputs[f"{layer} attn"],
    ),
    Box(
        "ln_2",
        "mlp",
        "(x − mean) / √(variance + ε) · gain + bias",
        "seq d_model",
        "A second LayerNorm, with a gain and a bias of its own, before the MLP.",
        "ln_2",
        4,
        _of_block("ln_2"),
    ),
    Box(
        "neurons before GELU",
        "mlp",
        "ln_2 · W_in + b_in",
        "seq d_mlp",
        "Each neuron measures one direction of the vector.",
        "mlp",
        4,
        lambda run, layer, head: run.mlp(layer).before,
    ),
    Box(
        "neurons after GELU",
        "mlp",
        "GELU(neurons before GELU)",
        "seq d_mlp",
        "The nonlinearity: what is clearly negative becomes almost 0.",
        "mlp",
        4,
        lambda run, layer, head: run.mlp(layer).after,
    ),
    Box(
        "MLP output",
        "mlp",
        "neurons after GELU · W_out + b_out",
        "seq d_model",
        "What the MLP adds to each token's vector, without looking at other tokens.",
        "mlp",
        4,
        _of_block("mlp"),
    ),
    Box(
        "block output",
        "mlp",
        "stream after attention + MLP output",
        "seq d_model",
        "The residual stream after this block.",
        "whole",
        7,
        _of_block("output"),
    ),
    Box(
        "ln_f",
        "output",
        "(x − mean) / √(variance + ε) · gain + bias",
        "seq d_model",
        "The last LayerNorm, after all blocks.",
        "ln_f",
        7,
        _output("ln_f"),
    ),
    Box(
        "logits",
        "output",
        "ln_f · W_Eᵀ",
        "seq d_vocab",
        "A number for every token of the vocabulary; beside this, those of the most probable tokens.",
        "",
        3,
        lambda run, layer, head: run.logits,
    ),
    Box(
        "probabilities",
        "output",
        "softmax(logits / temperature), then top-k and top-p",
        "seq d_vocab",
        "The distribution from which the next token is drawn: beside this, the most probable tokens.",
        "",
        9,
        lambda run, layer, head: run.logits,
    ),
)
"""In the order in which the model computes them."""

BY_NAME = {box.name: box for box in BOXES}
