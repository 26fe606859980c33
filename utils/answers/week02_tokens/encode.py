"""The answer key of `encode`: GPT-2's own tokenizer or, with other merges, HF's BPE word by word."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer, merge_by_hf, words_of
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import part_for, signs


def _expected_ids(*, text, merges, vocab):
    ids, part = dict(vocab), part_for(text)
    if merges == part["merges"] and part["vocab"].items() <= ids.items():
        return gpt2_tokenizer().encode(text, split_special_tokens=True)
    pairs = [tuple(merge) for merge in merges]
    return [ids[piece] for word in words_of(text) for piece in merge_by_hf(signs(word), pairs)]


ANSWER_KEY = AnswerKey(
    check=checks.encode,
    expected=_expected_ids,
    tolerance=EXACT,
)
