"""The answer key of `bytes_per_token`: bytes and tokens as Hugging Face's tokenizer counts them."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import signs


def _expected_ratios(*, texts, ids):
    ratios = {}
    for language, group in texts.items():
        tokens = gpt2_tokenizer()(group)["input_ids"]
        ratios[language] = sum(map(len, map(signs, group))) / sum(map(len, tokens))
    return ratios


ANSWER_KEY = AnswerKey(
    check=checks.bytes_per_token,
    expected=_expected_ratios,
)
