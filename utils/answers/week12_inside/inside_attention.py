"""The answer key of `inside_attention`: HF's pattern, and HF's output while all other heads are silenced."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import one_attention
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


def _expected(*, config, weights, layer, x):
    return one_attention(hf_model(config, weights), x, layer)


ANSWER_KEY = AnswerKey(
    check=checks.inside_attention,
    expected=_expected,
    outputs=("pattern", "written"),
)
