"""The answer key of week 1's shape table: the shapes of HF's GPT-2 small."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes
from utils.checks import week01_vectors as checks


def _expected_row(*, row):
    shapes = gpt2_small_shapes(batch=2, seq=6)
    batch, _, d_vocab = shapes["logits"]
    rows = {
        "one_hot": shapes["logits"],  # a place for every token of the vocabulary, at every position
        "W_E": (d_vocab, shapes["x"][-1]),
        "q": shapes["x"],
        "q_heads": (*shapes["all_patterns"][:3], shapes["z"][-1]),
        "scores": shapes["all_patterns"],
        "probabilities": (batch, d_vocab),
        "top": (batch, 5),
        "loss": (),
    }
    return (shapes | rows)[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
