"""The answer key of `PostNormBlock`: the block of OpenAI's first GPT, as HF has it."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week07_transformer._other_blocks import run_gpt1_block
from utils.answers.week07_transformer._pieces import DEEP
from utils.checks import week07_transformer as checks


def _expected_block(*, config, weights, resid, training):
    learned = sum(value.numel() for part in weights.values() for value in part.values())
    return {"resid": run_gpt1_block(config, weights, resid), "number of learned parameters": learned}


ANSWER_KEY = AnswerKey(
    check=checks.PostNormBlock,
    expected=_expected_block,
    reference="GPT-1's block",
    tolerance=DEEP,
)
