"""The answer key of week 5's shape table: the shapes of HF's GPT-2 small."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes, table_maker
from utils.checks import week05_attention as checks


def _expected_row(row):
    shapes = gpt2_small_shapes(batch=2, seq=6)
    one_head, d_model, d_head = shapes["z"], shapes["x"][-1], shapes["z"][-1]
    square = shapes["all_patterns"][:1] + shapes["all_patterns"][2:]
    of_head = dict.fromkeys(("q", "k", "z"), one_head) | dict.fromkeys(("scores", "pattern"), square)
    return (shapes | of_head | {"W_Q": (d_model, d_head), "b_Q": (d_head,)})[row]


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "d_model for one head",
            "one head's vectors have d_head numbers, not d_model",
            "12 heads share d_model between them",
            _table(q=(2, 6, 768), k=(2, 6, 768), z=(2, 6, 768), b_Q=(768,), W_Q=(768, 768)),
        ),
        Mistake(
            "all heads for one",
            "these are the shapes of all heads together; the row asks for one head's",
            "which axis goes away when there is one head?",
            _table(
                q=(2, 12, 6, 64),
                k=(2, 12, 6, 64),
                z=(2, 12, 6, 64),
                scores=(2, 12, 6, 6),
                pattern=(2, 12, 6, 6),
            ),
        ),
        Mistake(
            "weights transposed",
            "the weight maps d_model to d_head, so that x @ W_Q is defined",
            "inner sizes meet: (…, d_model) @ (d_model, d_head)",
            _table(W_Q=(64, 768)),
        ),
        Mistake(
            "keys transposed",
            "k is kept like q; it is transposed only inside the product",
            "k has one vector for each token",
            _table(k=(2, 64, 6)),
        ),
        Mistake(
            "scores of size d_head",
            "a score is one number for a query and a key: d_head has been summed away",
            "which axes does einsum's right side name?",
            _table(scores=(2, 6, 64), pattern=(2, 6, 64)),
        ),
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(
                tokens=(6,),
                x=(6, 768),
                q=(6, 64),
                k=(6, 64),
                scores=(6, 6),
                pattern=(6, 6),
                z=(6, 64),
                attn_out=(6, 768),
                all_patterns=(12, 6, 6),
            ),
        ),
        Mistake(
            "ids as one-hot rows",
            "a token is one integer here, not a row of the vocabulary's size",
            "tokens holds ids",
            _table(tokens=(2, 6, 50257)),
        ),
        Mistake(
            "attn_out of d_head",
            "all heads together write a vector of d_model numbers back",
            "what is added to the residual stream has its width",
            _table(attn_out=(2, 6, 64)),
        ),
        Mistake(
            "heads after positions",
            "the head axis comes before the two positions: batch, heads, query, key",
            "the order of the axes",
            _table(all_patterns=(2, 6, 12, 6)),
        ),
        Mistake(
            "one pattern for all heads",
            "each of the 12 heads has a pattern of its own",
            "which axis counts the heads?",
            _table(all_patterns=(2, 6, 6)),
        ),
    ),
)
