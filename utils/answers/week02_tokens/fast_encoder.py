"""The answer key of `fast_encoder`: GPT-2's own tokenizer, and Hugging Face's BPE without merges."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import all_ids, signs


def _expected_encodings(*, text, merges, vocab, words):
    ids = gpt2_tokenizer().encode(text)
    return {
        "ids": ids,
        "ids of the same text, asked for again": ids,
        "uses ranks for pre-tokens seen before": False,
        "ids of an encoder without merges": [all_ids()[sign] for sign in signs(text)],
    }


ANSWER_KEY = AnswerKey(
    check=checks.fast_encoder,
    expected=_expected_encodings,
    tolerance=EXACT,
)
