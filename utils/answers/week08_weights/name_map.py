"""The answer key of `name_map`: the names in HF's own model, and the places that they fill."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.week08_weights import _course
from utils.checks import week08_weights as checks


def _expected(*, config):
    names = _course.names(config)
    return {"HF's names": sorted(names), "the course's names": names}


ANSWER_KEY = AnswerKey(
    check=checks.name_map,
    expected=_expected,
    tolerance=EXACT,
    reference="HF's names and yours",
)
