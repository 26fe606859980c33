"""The answer key of `ParallelBlock`: GPT-NeoX's block, as HF has it, with one norm for both halves."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week07_transformer._other_blocks import run_parallel_block
from utils.answers.week07_transformer._pieces import DEEP
from utils.checks import week07_transformer as checks


def _expected_block(*, config, weights, resid, training):
    learned = sum(value.numel() for part in weights.values() for value in part.values())
    return {"resid": run_parallel_block(config, weights, resid), "number of learned parameters": learned}


ANSWER_KEY = AnswerKey(
    check=checks.ParallelBlock,
    expected=_expected_block,
    reference="GPT-NeoX's block with one norm",
    tolerance=DEEP,
)
