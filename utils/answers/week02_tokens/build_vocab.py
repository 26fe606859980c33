"""The answer key of `build_vocab`: GPT-2's own vocabulary file, and HF's ids for special tokens."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import all_ids


def _expected_ids(*, merges, special_tokens, asked):
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    of_gpt2 = gpt2_tokenizer().get_vocab()
    used = [piece for piece, number in all_ids().items() if number < 256 + len(merges)]
    model = Tokenizer(BPE(vocab={piece: of_gpt2[piece] for piece in used}, merges=[]))
    model.add_special_tokens(special_tokens)
    ids = {piece: model.token_to_id(piece) for piece in asked}
    return {"ids": ids, "number of ids": model.get_vocab_size()}


ANSWER_KEY = AnswerKey(
    check=checks.build_vocab,
    expected=_expected_ids,
    tolerance=EXACT,
)
