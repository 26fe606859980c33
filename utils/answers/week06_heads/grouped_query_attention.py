"""The answer key of `grouped_query_attention`: torch's `enable_gqa` under HF's mask."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import visible
from utils.answers.week06_heads._attend import everything, read, seen
from utils.checks import week06_heads as checks


def _expected_grouped(q, k, v):
    mask = visible(q.shape[-2], k.shape[-2])
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)


def _neighbours(tensor, heads):
    """Each head of keys or values for a whole group of neighbouring queries."""
    group = heads // tensor.shape[1]
    return tensor[:, [head // group for head in range(heads)]]


def _in_turns(tensor, heads):
    """Query head h gets head h mod n_kv_heads."""
    return tensor[:, [head % tensor.shape[1] for head in range(heads)]]


def _first(tensor, heads):
    return tensor[:, :1].expand(-1, heads, -1, -1)


def _mean(tensor, heads):
    return tensor.mean(1, keepdim=True).expand(-1, heads, -1, -1)


def _reversed(tensor, heads):
    return _neighbours(tensor.flip(1), heads)


def _grouped(keys=_neighbours, values=None, finish=lambda z, kv_heads: z, **pieces):
    def wrong(q, k, v):
        heads = q.shape[1]
        z = read(q, keys(k, heads), (values or keys)(v, heads), **pieces)
        return finish(z, k.shape[1])

    return wrong


def _by_group(z, kv_heads):
    return z.unflatten(1, (kv_heads, -1))


def _queries_joined(q, k, v):
    """One query for each group, the mean of its queries."""
    return read(q.unflatten(1, (k.shape[1], -1)).mean(2), k, v)


def _queries_cut(q, k, v):
    return read(q[:, : k.shape[1]], k, v)


def _repeated_as_blocks(q, k, v):
    batch, heads, _, d_head = q.shape
    k, v = (
        each.repeat_interleave(heads // each.shape[1], dim=2).reshape(batch, heads, -1, d_head)
        for each in (k, v)
    )
    return read(q, k, v)


ANSWER_KEY = AnswerKey(
    check=checks.grouped_query_attention,
    expected=_expected_grouped,
    reference="torch's own grouped attention",
    mistakes=(
        Mistake(
            "heads in turns",
            "heads 0, 2, 4 … share one key head: the key heads are dealt out in turns",
            "neighbours share: repeat makes a b a b, repeat_interleave a a b b",
            _grouped(_in_turns),
        ),
        Mistake(
            "values in turns",
            "the keys are shared by neighbours, the values in turns",
            "keys and values are dealt out alike",
            _grouped(_neighbours, _in_turns),
        ),
        Mistake(
            "keys in turns",
            "the values are shared by neighbours, the keys in turns",
            "keys and values are dealt out alike",
            _grouped(_in_turns, _neighbours),
        ),
        Mistake(
            "first key head for all",
            "all queries share head 0 of the keys and values",
            "how many key heads are there?",
            _grouped(_first),
        ),
        Mistake(
            "mean of the key heads",
            "all queries share the mean of the keys and the mean of the values",
            "each group has a head of keys and values of its own",
            _grouped(_mean),
        ),
        Mistake(
            "first values for all",
            "the keys are shared group by group, but every query reads the values of head 0",
            "keys and values are dealt out alike",
            _grouped(_neighbours, _first),
        ),
        Mistake(
            "key heads in reverse",
            "the first group gets the last head of keys and values",
            "query head 0 belongs to key head 0",
            _grouped(_reversed),
        ),
        Mistake(
            "positions repeated one by one",
            "every position is repeated, and a reshape has made heads of them",
            "which axis is to be repeated: 1 or 2?",
            _repeated_as_blocks,
        ),
        Mistake(
            "queries averaged",
            "each group's queries are averaged: there are as few results as key heads",
            "every query head keeps its own question, and its own z",
            _queries_joined,
        ),
        Mistake(
            "queries left out",
            "only the first queries are used, one for each key head",
            "every query head gets a z",
            _queries_cut,
        ),
        Mistake(
            "groups as an axis",
            "the groups are still an axis of their own",
            "the result has the axes of q: join the two axes that make up the heads",
            _grouped(finish=_by_group),
        ),
        Mistake(
            "heads come out in turns",
            "z is right, but its heads come in another order: first the first of each group",
            "which of the two axes that you joined must vary faster?",
            _grouped(finish=lambda z, kv_heads: _by_group(z, kv_heads).transpose(1, 2).flatten(1, 2)),
        ),
        Mistake(
            "group mean read",
            "every query of a group gets the group's mean z",
            "the queries of a group share keys and values, not what they read",
            _grouped(
                finish=lambda z, kv_heads: (
                    _by_group(z, kv_heads)
                    .mean(2, keepdim=True)
                    .expand_as(_by_group(z, kv_heads))
                    .flatten(1, 2)
                )
            ),
        ),
        Mistake(
            "no mask",
            "the queries see the future",
            "which of your functions hides it?",
            _grouped(visible=everything),
        ),
        Mistake(
            "square mask on fewer queries",
            "with fewer queries than keys, the first query is taken for the first position",
            "the queries are the last positions: your causal_mask knows",
            _grouped(visible=lambda scores: seen(scores, first=0)),
        ),
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "which of your functions scales?",
            _grouped(score=lambda q, k: q.matmul(k.mT)),
        ),
        Mistake(
            "keys read",
            "the keys are read where the values should be",
            "which tensor does the pattern blend?",
            lambda q, k, v: _grouped()(q, k, k),
        ),
        Mistake(
            "heads side by side",
            "the heads have been joined into one axis",
            "z has an axis for the heads: joining them is W_O's business",
            _grouped(finish=lambda z, kv_heads: z.transpose(1, 2).flatten(2)),
        ),
    ),
)
