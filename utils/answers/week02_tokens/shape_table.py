"""The answer key of week 2's shape table: HF's tokenizer, the bytes of a pre-token, a batch of prompts."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer, words_of
from utils.answers.oracles.shapes import gpt2_small_shapes
from utils.checks import week02_tokens as checks

_PRE_TOKEN = " café"
_OWN_MERGES = 200


def _expected_row(*, row):
    tokens = gpt2_small_shapes(batch=2, seq=6)["tokens"]
    in_bytes = len(bytearray(_PRE_TOKEN, "utf-8"))
    special = len(gpt2_tokenizer().all_special_tokens)
    of_week = {
        "utf8": (len(bytearray(checks.SHAPE_TEXT, "utf-8")),),
        "words": (len(words_of(checks.SHAPE_TEXT)),),
        "signs": (256,),
        "merges": (len(gpt2_tokenizer()) - 256 - special, 2),
        "vocab": (len(gpt2_tokenizer()),),
        "unmerged": (in_bytes,),
        "merged": (in_bytes - _PRE_TOKEN.count("ca"),),
        "own_merges": (_OWN_MERGES, 2),
        "own_vocab": (256 + _OWN_MERGES + 1,),
        "tokens": tokens,
    }
    return of_week[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="what GPT-2's own tokenizer and Python count",
    tolerance=EXACT,
    secret=True,
)
