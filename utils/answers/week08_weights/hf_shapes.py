"""The answer key of `hf_shapes`: the state dict of HF's own model, made on torch's meta device."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.week08_weights import _hf
from utils.checks import week08_weights as checks


def _expected(*, config):
    shapes = _hf.shapes(config)
    return {"names": sorted(shapes), "shapes": shapes, "a whole model in memory": False}


ANSWER_KEY = AnswerKey(
    check=checks.hf_shapes,
    expected=_expected,
    tolerance=EXACT,
    reference="HF's own model",
)
