"""The answer key of `train_bpe`: Hugging Face's trainer, run for one merge at a time."""

from collections import Counter

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import Pair, best_pair, merge_by_hf, words_of
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import signs


def _expected_merges(*, text, n_merges):
    words = [(list(signs(word)), count) for word, count in Counter(words_of(text)).items()]
    found: list[Pair] = []
    while len(found) < n_merges and (pair := best_pair(words)):
        words = [(merge_by_hf(word, [pair]), count) for word, count in words]
        found.append(pair)
    return found


ANSWER_KEY = AnswerKey(
    check=checks.train_bpe,
    expected=_expected_merges,
    reference="Hugging Face's trainer",
    tolerance=EXACT,
)
