"""The answer key of `cached_attention`: HF's attention over the whole sequence, cut into the pieces."""

import math

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import attend
from utils.checks import week09_sampling as checks


def _expected(model, pieces):
    blocks, news = model["weights"]["blocks"], [piece.shape[2] for piece in pieces]
    whole = [
        _whole(block["attn"], torch.cat([piece[layer] for piece in pieces], dim=1))
        for layer, block in enumerate(blocks)
    ]
    cut = [each.split(news, dim=1) for each in whole]
    return {
        f"piece {number}, layer {layer}": cut[layer][number - 1]
        for number in range(1, len(news) + 1)
        for layer in range(len(blocks))
    }


def _whole(attn, x):
    q, k, v = (
        torch.tensordot(x, attn[f"W_{letter}"], ([2], [1])).permute(0, 2, 1, 3) + attn[f"b_{letter}"][:, None]
        for letter in "QKV"
    )
    return torch.tensordot(attend(q, k, v)[0], attn["W_O"], ([1, 3], [0, 1])) + attn["b_O"]


def _projected(attn, x, letter, bias=True):
    moved = torch.tensordot(x, getattr(attn, f"W_{letter}"), ([2], [1])).permute(0, 2, 1, 3)
    return moved + getattr(attn, f"b_{letter}")[:, None] if bias else moved


def _hidden(new, total, first):
    """True where a key is hidden; `first` is the position of the first query."""
    return torch.arange(total) > torch.arange(new)[:, None] + first


def _attending(
    keys="K",
    bias=True,
    query_bias=True,
    values="V",
    layer=lambda layer: layer,
    extend=lambda cache, layer, k, v: cache.extend(layer, k, v),
    first=lambda new, total: total - new,
    scale=math.sqrt,
    written=lambda attn, z: torch.tensordot(z, attn.W_O, ([1, 3], [0, 1])) + attn.b_O,
):
    """A cached attention of which each mistake changes one piece."""

    def cached_attention(attn, x, cache, layer_number):
        q = _projected(attn, x, "Q", query_bias)
        k, v = (_projected(attn, x, letter, bias) for letter in (keys, values))
        k, v = extend(cache, layer(layer_number), k, v)
        scores = q.matmul(k.mT) / scale(q.shape[-1])
        hidden = _hidden(x.shape[1], k.shape[2], first(x.shape[1], k.shape[2]))
        return written(attn, scores.masked_fill(hidden, -torch.inf).softmax(-1).matmul(v))

    return cached_attention


def _new_left_out(cache, layer, k, v):
    """Return the earlier keys and values of the cache; in the first piece, which has none, the new ones."""
    all_k, all_v = cache.extend(layer, k, v)
    new = k.shape[2]
    return (all_k[:, :, :-new], all_v[:, :, :-new]) if all_k.shape[2] > new else (all_k, all_v)


def _values_not_kept(cache, layer, k, v):
    all_k, _ = cache.extend(layer, k, v)
    return all_k, torch.nn.functional.pad(v, (0, 0, all_k.shape[2] - v.shape[2], 0))


ANSWER_KEY = AnswerKey(
    check=checks.cached_attention,
    expected=_expected,
    reference="HF's attention over everything at once",
    mistakes=(
        Mistake(
            "prefill unmasked",
            "several new positions at once see each other's future: the mask has been left out",
            "which of your functions makes the pattern, and does it hide the future?",
            _attending(first=lambda new, total: total),
        ),
        Mistake(
            "mask for as many queries as keys",
            "the new queries are taken for the first positions, not for the last",
            "the queries are the last positions: your causal_mask of week 5 knows this case",
            _attending(first=lambda new, total: 0),
        ),
        Mistake(
            "cache not asked",
            "the new positions see only each other, not what was there before",
            "what does cache.extend return? attn(x) and the new keys alone know nothing of the past",
            _attending(extend=lambda cache, layer, k, v: (cache.extend(layer, k, v), (k, v))[1]),
        ),
        Mistake(
            "new ones left out",
            "a new position does not see itself",
            "extend first, then look",
            _attending(extend=_new_left_out, first=lambda new, total: total),
        ),
        Mistake(
            "always layer 0",
            "every layer puts its keys into the store of layer 0",
            "which layer is it this time?",
            _attending(layer=lambda layer: 0),
        ),
        Mistake(
            "queries kept as keys",
            "the queries go into the cache in the keys' place",
            "which two of q, k and v are asked for again later?",
            _attending(keys="Q"),
        ),
        Mistake(
            "keys kept as values",
            "the keys are blended where the values should be",
            "the order of the arguments: extend(layer, k, v)",
            _attending(values="K"),
        ),
        Mistake(
            "kept before the bias",
            "keys and values go into the cache without their biases",
            "add b_K and b_V first",
            _attending(bias=False),
        ),
        Mistake(
            "no biases",
            "queries, keys and values are all without their biases",
            "compare with MultiHeadAttention: what is added after each projection?",
            _attending(bias=False, query_bias=False),
        ),
        Mistake(
            "values not kept",
            "the values of earlier positions are 0: only the keys come from the cache",
            "which of the two things that extend returns do you use?",
            _attending(extend=_values_not_kept),
        ),
        Mistake(
            "keys and values swapped",
            "values go in as keys, and keys as values",
            "the order of the arguments: extend(layer, k, v)",
            _attending(extend=lambda cache, layer, k, v: cache.extend(layer, v, k)),
        ),
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "which of your functions of week 5 makes a pattern of q and k?",
            _attending(scale=lambda d_head: 1.0),
        ),
        Mistake(
            "b_O missing",
            "the bias b_O is not added",
            "compare with MultiHeadAttention: what happens after W_O?",
            _attending(written=lambda attn, z: torch.tensordot(z, attn.W_O, ([1, 3], [0, 1]))),
        ),
        Mistake(
            "z returned",
            "z is returned; what the heads read has not been written back through W_O",
            "compare with MultiHeadAttention: what happens after the blend?",
            _attending(written=lambda attn, z: z.permute(0, 2, 1, 3).flatten(2)),
        ),
    ),
)
