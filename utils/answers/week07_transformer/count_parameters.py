"""The answer key of `count_parameters`: the parameters of HF's GPT2LMHeadModel, counted."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import meta_model
from utils.checks import week07_transformer as checks


def _expected_count(*, config):
    return sum(parameter.numel() for parameter in meta_model(config).parameters())


ANSWER_KEY = AnswerKey(
    check=checks.count_parameters,
    expected=_expected_count,
    reference="HF's own model",
    tolerance=EXACT,
)
