"""The answer key of `TransformerBlock`: HF's GPT2Block."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_model import run_hf_block
from utils.answers.week07_transformer._pieces import DEEP
from utils.checks import week07_transformer as checks


def _expected_block(*, config, weights, resid, training):
    learned = sum(value.numel() for part in weights.values() for value in part.values())
    return {"resid": run_hf_block(config, weights, resid), "number of learned parameters": learned}


ANSWER_KEY = AnswerKey(
    check=checks.TransformerBlock,
    expected=_expected_block,
    tolerance=DEEP,
)
