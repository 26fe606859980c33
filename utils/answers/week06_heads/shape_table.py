"""The answer key of week 6's shape table: the shapes of HF's GPT-2 small."""

import functools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import Shape, gpt2_small_shapes, table_maker
from utils.checks import week06_heads as checks


@functools.cache
def _packed_shapes() -> dict[str, Shape]:
    """HF's own packed weights of one layer of GPT-2 small."""
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention

    with torch.device("meta"):
        layer = GPT2Attention(GPT2Config())
    kept = {"W_QKV": layer.c_attn.weight, "b_QKV": layer.c_attn.bias, "b_O": layer.c_proj.bias}
    return {name: tuple(weight.shape) for name, weight in kept.items()}


def _expected_row(row):
    shapes = gpt2_small_shapes(batch=2, seq=6) | _packed_shapes()
    batch, heads, seq, _ = shapes["all_patterns"]
    d_model, d_head = shapes["x"][-1], shapes["z"][-1]
    by_head = {
        "W_Q": (heads, d_model, d_head),
        "b_Q": (heads, d_head),
        "q": (batch, heads, seq, d_head),
        "z": (batch, heads, seq, d_head),
        "pattern": shapes["all_patterns"],
        "W_O": (heads, d_head, d_model),
        "outputs": (batch, heads, seq, d_model),
        "previous": (batch, heads),
    }
    return (shapes | by_head)[row]


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "one head's shapes",
            "this is one head; the row asks for all 12",
            "which axis counts the heads, and where does it stand?",
            _table(
                W_Q=(768, 64),
                b_Q=(64,),
                q=(2, 6, 64),
                pattern=(2, 6, 6),
                z=(2, 6, 64),
                W_O=(64, 768),
                outputs=(2, 6, 768),
                previous=(2,),
            ),
        ),
        Mistake(
            "heads after positions",
            "the head axis comes before the positions",
            "the order of the axes: batch, heads, then positions",
            _table(q=(2, 6, 12, 64), pattern=(2, 6, 12, 6), z=(2, 6, 12, 64), outputs=(2, 6, 12, 768)),
        ),
        Mistake(
            "heads before the batch",
            "the head axis comes after the batch",
            "the order of the axes: batch, heads, then positions",
            _table(
                q=(12, 2, 6, 64),
                pattern=(12, 2, 6, 6),
                z=(12, 2, 6, 64),
                outputs=(12, 2, 6, 768),
                previous=(12, 2),
            ),
        ),
        Mistake(
            "heads last",
            "in a weight kept head by head, the head axis comes first",
            "W_Q[h] is the matrix of head h",
            _table(W_Q=(768, 12, 64), W_O=(64, 12, 768), b_Q=(64, 12)),
        ),
        Mistake(
            "d_model in every head",
            "a head's own vectors have d_head numbers, not d_model",
            "12 heads share 768 numbers between them",
            _table(
                W_Q=(12, 768, 768), b_Q=(12, 768), q=(2, 12, 6, 768), z=(2, 12, 6, 768), W_O=(12, 768, 768)
            ),
        ),
        Mistake(
            "outputs of d_head",
            "a head reads in 64 numbers, but what it writes goes to the whole stream",
            "what has W_O made of z?",
            _table(outputs=(2, 12, 6, 64), attn_out=(2, 6, 64)),
        ),
        Mistake(
            "heads side by side",
            "that is all heads side by side in one axis; the row keeps them apart",
            "12 times 64 is 768: which row has two axes instead?",
            _table(W_Q=(768, 768), b_Q=(768,), q=(2, 6, 768), z=(2, 6, 768), W_O=(768, 768)),
        ),
        Mistake(
            "heads not summed",
            "what all heads write together has no head axis any more: they have been added up",
            "which axis does the sum take away?",
            _table(attn_out=(2, 12, 6, 768)),
        ),
        Mistake(
            "one third of the packed weight",
            "the packed weight holds queries, keys and values: three times as many columns",
            "how many numbers does each token get out of it?",
            _table(W_QKV=(768, 768), b_QKV=(768,)),
        ),
        Mistake(
            "packed weight transposed",
            "the packed weight maps d_model to its thirds, so that x @ W_QKV is defined",
            "inner sizes meet: (…, d_model) @ (d_model, …)",
            _table(W_QKV=(2304, 768)),
        ),
        Mistake(
            "packed weight with an axis of 3",
            "in the file the three lie side by side in one axis",
            "three axes or two?",
            _table(W_QKV=(3, 768, 768), b_QKV=(3, 768)),
        ),
        Mistake(
            "weights transposed",
            "W_Q leads from d_model to d_head, W_O back from d_head to d_model",
            "which size meets x, and which meets z?",
            _table(W_Q=(12, 64, 768), W_O=(12, 768, 64)),
        ),
        Mistake(
            "an output bias for each head",
            "there is one b_O, added once to the sum of all heads",
            "is it inside the sum or after it?",
            _table(b_O=(12, 768)),
        ),
        Mistake(
            "an output bias of d_head",
            "b_O is added to what goes to the stream, and has the stream's width",
            "what is it added to?",
            _table(b_O=(64,)),
        ),
        Mistake(
            "batch in the weights",
            "weights are the same for every prompt: they have no batch axis",
            "what would a batch axis mean in a weight?",
            _table(W_Q=(2, 12, 768, 64), W_O=(2, 12, 64, 768), W_QKV=(2, 768, 2304), b_O=(2, 768)),
        ),
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(
                x=(6, 768),
                q=(12, 6, 64),
                pattern=(12, 6, 6),
                z=(12, 6, 64),
                outputs=(12, 6, 768),
                attn_out=(6, 768),
                previous=(12,),
            ),
        ),
        Mistake(
            "pattern of d_head",
            "a share belongs to a query and a key: d_head has been summed away",
            "which axes does a pattern have?",
            _table(pattern=(2, 12, 6, 64)),
        ),
        Mistake(
            "a score for each query",
            "the score is a mean over the queries: one number for every prompt and head",
            "which axes does the mean take away?",
            _table(previous=(2, 12, 6)),
        ),
    ),
)
