"""The answer key of week 5's shape table: the shapes of HF's GPT-2 small."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes
from utils.checks import week05_attention as checks


def _expected_row(*, row):
    shapes = gpt2_small_shapes(batch=2, seq=6)
    one_head, d_model, d_head = shapes["z"], shapes["x"][-1], shapes["z"][-1]
    square = shapes["all_patterns"][:1] + shapes["all_patterns"][2:]
    of_head = dict.fromkeys(("q", "k", "v", "z"), one_head) | dict.fromkeys(("scores", "pattern"), square)
    last = {"last_scores": (square[0], 1, square[-1]), "last_z": (square[0], 1, d_head)}
    return (shapes | of_head | last | {"W_Q": (d_model, d_head), "b_Q": (d_head,)})[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
