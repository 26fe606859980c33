"""The answer key of `packed_qkv`: the q, k and v that HF's attention makes with `c_attn`."""

import torch
from einops import rearrange
from torch import Tensor

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week06_heads as checks

_LOOK = "course_look"  # the name of a temporary attention function in HF's registry


def _expected_packed(x, W_QKV, b_QKV, n_heads):
    """The q, k and v that HF's GPT2Attention passes to its attention function."""
    from transformers import GPT2Config
    from transformers.models.gpt2 import modeling_gpt2 as hf

    seen: list[Tensor] = []

    def look(module, query, key, value, *others, **options):
        seen.extend(tensor.clone() for tensor in (query, key, value))
        return hf.eager_attention_forward(module, query, key, value, *others, **options)

    layer = hf.GPT2Attention(GPT2Config(n_embd=x.shape[-1], n_head=n_heads)).eval()
    layer.config._attn_implementation = _LOOK  # private: only whole models have a public setter
    hf.ALL_ATTENTION_FUNCTIONS[_LOOK] = look
    try:
        with torch.no_grad():
            layer.c_attn.weight.copy_(W_QKV)
            layer.c_attn.bias.copy_(b_QKV)
            layer(x)
    finally:
        del hf.ALL_ATTENTION_FUNCTIONS[_LOOK]
    return tuple(seen)


def _packed(x, W_QKV, b_QKV):
    return torch.addmm(b_QKV, x.flatten(0, 1), W_QKV).unflatten(0, x.shape[:2])


def _cut(pattern, order=(0, 1, 2), finish=lambda tensor: tensor):
    """A mistake in cutting the packed vectors up, as an einops `pattern`."""

    def wrong(x, W_QKV, b_QKV, n_heads):
        thirds = rearrange(_packed(x, W_QKV, b_QKV), pattern, three=3, h=n_heads)
        return tuple(finish(thirds[i]) for i in order)

    return wrong


_RIGHT = "b s (three h d) -> three b h s d"


def _no_bias(x, W_QKV, b_QKV, n_heads):
    return _cut(_RIGHT)(x, W_QKV, torch.zeros_like(b_QKV), n_heads)


def _viewed(x, W_QKV, b_QKV, n_heads):
    """The heads' axis put in front by a view, which moves no number."""
    batch, seq, d_model = x.shape
    parts = _packed(x, W_QKV, b_QKV).chunk(3, -1)
    return tuple(part.reshape(batch, n_heads, seq, d_model // n_heads) for part in parts)


def _viewed_at_once(x, W_QKV, b_QKV, n_heads):
    batch, seq, d_model = x.shape
    return _packed(x, W_QKV, b_QKV).reshape(3, batch, n_heads, seq, d_model // n_heads).unbind(0)


def _scaled(x, W_QKV, b_QKV, n_heads):
    q, k, v = _cut(_RIGHT)(x, W_QKV, b_QKV, n_heads)
    return q / q.shape[-1] ** 0.5, k, v


def _not_split(x, W_QKV, b_QKV, n_heads):
    return _packed(x, W_QKV, b_QKV).chunk(3, -1)


def _one_third_for_all(x, W_QKV, b_QKV, n_heads):
    q, _, _ = _cut(_RIGHT)(x, W_QKV, b_QKV, n_heads)
    return q, q, q


def _weights_by_rows(x, W_QKV, b_QKV, n_heads):
    """The thirds taken from W_QKV as [3, d_model, d_model], which mixes rows and columns."""
    projected = x[None] @ W_QKV.reshape(3, 1, *[x.shape[-1]] * 2) + b_QKV.reshape(3, 1, 1, -1)
    return tuple(rearrange(projected, "three b s (h d) -> three b h s d", h=n_heads))


ANSWER_KEY = AnswerKey(
    check=checks.packed_qkv,
    expected=_expected_packed,
    outputs=("q", "k", "v"),
    mistakes=(
        Mistake(
            "bias forgotten",
            "b_QKV is not added",
            "every projection of GPT-2 has a weight and a bias",
            _no_bias,
        ),
        Mistake(
            "order k, q, v",
            "the first third is taken for the keys and the second for the queries",
            "the order in which the three lie: q, k, v",
            _cut(_RIGHT, (1, 0, 2)),
        ),
        Mistake(
            "order q, v, k",
            "k and v come back in each other's place",
            "the order in which the three lie: q, k, v",
            _cut(_RIGHT, (0, 2, 1)),
        ),
        Mistake(
            "order v, k, q",
            "the thirds are taken from the end: v, k, q",
            "the order in which the three lie: q, k, v",
            _cut(_RIGHT, (2, 1, 0)),
        ),
        Mistake(
            "cut head by head",
            "the vector is cut into heads first, and each head into q, k and v",
            "what lies next to what: all heads' queries, or one head's q, k and v?",
            _cut("b s (h three d) -> three b h s d"),
        ),
        Mistake(
            "every third number",
            "q, k and v are taken to alternate, number by number",
            "the three lie one after the other, each d_model numbers long",
            _cut("b s (h d three) -> three b h s d"),
        ),
        Mistake(
            "every n_heads-th number",
            "the heads' numbers are taken to alternate: head 0 gets number 0, head 1 number 1",
            "head 0 has the first d_head numbers of each third, as in week 1",
            _cut("b s (three d h) -> three b h s d"),
        ),
        Mistake(
            "viewed, not moved",
            "view or reshape has put the heads before the positions without moving a number",
            "split the last axis where it stands; then bring the head axis forward",
            _viewed,
        ),
        Mistake(
            "thirds by a view",
            "view or reshape has made the three out of the first axis: prompts and positions are mixed",
            "on which axis do the three lie side by side?",
            _viewed_at_once,
        ),
        Mistake(
            "weights cut into rows",
            "W_QKV is reshaped into three matrices, which takes its rows apart and not its columns",
            "the three lie along the last axis of W_QKV",
            _weights_by_rows,
        ),
        Mistake(
            "heads after positions",
            "the head axis comes after the positions",
            "the order of the axes: batch, n_heads, seq, d_head",
            _cut("b s (three h d) -> three b s h d"),
        ),
        Mistake(
            "heads before the batch",
            "the head axis comes before the batch",
            "the order of the axes: batch, n_heads, seq, d_head",
            _cut("b s (three h d) -> three h b s d"),
        ),
        Mistake(
            "heads in the batch",
            "batch and heads have become one axis",
            "the order of the axes: batch, n_heads, seq, d_head",
            _cut("b s (three h d) -> three (b h) s d"),
        ),
        Mistake(
            "keys transposed",
            "positions and d_head are swapped: the product with the queries wants that, but not yet",
            "the order of the axes: batch, n_heads, seq, d_head",
            _cut("b s (three h d) -> three b h d s"),
        ),
        Mistake(
            "not split into heads",
            "q, k and v come back d_model numbers wide, without a head axis",
            "which function of week 1 cuts a vector up into heads?",
            _not_split,
        ),
        Mistake(
            "heads summed",
            "the heads have been added up",
            "each head keeps its own queries: which axis has gone?",
            _cut(_RIGHT, finish=lambda tensor: tensor.sum(1)),
        ),
        Mistake(
            "first head only",
            "only head 0 comes back",
            "each head keeps its own queries: which axis has gone?",
            _cut(_RIGHT, finish=lambda tensor: tensor[:, 0]),
        ),
        Mistake(
            "one stacked tensor",
            "q, k and v come back stacked in one tensor",
            "return the three tensors, separated by commas",
            lambda x, W, b, h: torch.stack(_cut(_RIGHT)(x, W, b, h)),
        ),
        Mistake(
            "queries three times",
            "q comes back in the place of k and v too",
            "which third is which?",
            _one_third_for_all,
        ),
        Mistake(
            "scaled too early",
            "q is already divided by √d_head here",
            "the scale belongs to the scores; here it would be applied twice",
            _scaled,
        ),
        Mistake(
            "first prompt for all",
            "every prompt of the batch gets the first one's q, k and v",
            "an index 0 where the batch axis should stay",
            _cut(_RIGHT, finish=lambda tensor: tensor[:1].expand_as(tensor)),
        ),
    ),
)
