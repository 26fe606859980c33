"""The answer key of week 1's shape table: the shapes of HF's GPT-2 small."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes, table_maker
from utils.checks import week01_vectors as checks


def _expected_row(row):
    shapes = gpt2_small_shapes(batch=2, seq=6)
    batch, _, d_vocab = shapes["logits"]
    rows = {
        "one_hot": shapes["logits"],  # a place for every token of the vocabulary, at every position
        "W_E": (d_vocab, shapes["x"][-1]),
        "x_heads": (*shapes["all_patterns"][:3], shapes["z"][-1]),
        "scores": shapes["all_patterns"],
        "probabilities": (batch, d_vocab),
        "top": (batch, 5),
        "loss": (),
    }
    return (shapes | rows)[row]


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch? Only W_E and the loss do not depend on it",
            _table(
                tokens=(6,),
                one_hot=(6, 50257),
                x=(6, 768),
                x_heads=(12, 6, 64),
                scores=(12, 6, 6),
                logits=(6, 50257),
                probabilities=(50257,),
                top=(5,),
            ),
        ),
        Mistake(
            "ids as one-hot rows",
            "a token is one integer here, not a row of the vocabulary's size",
            "tokens holds ids; one_hot is the next row",
            _table(tokens=(2, 6, 50257)),
        ),
        Mistake(
            "one-hot rows as ids",
            "a one-hot row has a place for every token of the vocabulary",
            "how long must a row be so that every id has a place in it?",
            _table(one_hot=(2, 6)),
        ),
        Mistake(
            "one-hot rows of d_model",
            "a one-hot row has a place for every token of the vocabulary, not for every number of a vector",
            "how long must a row be so that every id has a place in it?",
            _table(one_hot=(2, 6, 768)),
        ),
        Mistake(
            "embedding matrix transposed",
            "W_E has a row for each token of the vocabulary, so that one_hot @ W_E is defined",
            "inner sizes meet: (…, d_vocab) @ (d_vocab, d_model)",
            _table(W_E=(768, 50257)),
        ),
        Mistake(
            "heads behind positions",
            "the head axis comes before seq",
            "your split_heads: batch n_heads seq d_head",
            _table(x_heads=(2, 6, 12, 64)),
        ),
        Mistake(
            "vectors not cut",
            "each head has a part of the vector: d_model / n_heads numbers",
            "768 numbers are shared out among 12 heads",
            _table(x_heads=(2, 12, 6, 768)),
        ),
        Mistake(
            "scores of size d_head",
            "a score is one number for a query and a key: d_head has been summed away",
            "which names stand behind the arrow of your einsum?",
            _table(scores=(2, 12, 6, 64)),
        ),
        Mistake(
            "one score table for all heads",
            "each of the 12 heads has scores of its own",
            "which axis counts the heads?",
            _table(scores=(2, 6, 6)),
        ),
        Mistake(
            "logits of the last position only",
            "the model has logits at every position, not only at the last one",
            "which axes does the model's output have before anything is chosen?",
            _table(logits=(2, 50257)),
        ),
        Mistake(
            "logits of d_model",
            "a logit is a score for one token of the vocabulary",
            "how many scores are there at each position?",
            _table(logits=(2, 6, 768)),
        ),
        Mistake(
            "probabilities at every position",
            "the row asks for the last position only: seq is gone",
            "which axis goes away when one position is picked?",
            _table(probabilities=(2, 6, 50257)),
        ),
        Mistake(
            "loss as a list",
            "the loss is one single number, and a tensor of one number without axes has shape ()",
            "how many axes are left when everything has been averaged?",
            _table(loss=(1,)),
        ),
        Mistake(
            "a loss for each token",
            "there is one loss for both prompts together: everything has been averaged",
            "how many axes are left when everything has been averaged?",
            _table(loss=(2, 6)),
        ),
        Mistake(
            "a loss for each prompt",
            "there is one loss for both prompts together",
            "the average runs over the batch as well",
            _table(loss=(2,)),
        ),
    ),
)
