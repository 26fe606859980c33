"""The answer key of `build_vocab`: GPT-2's own vocabulary file, and HF's ids for special tokens."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.answers.week02_tokens._pieces import sign_table
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import all_ids


def _expected_ids(merges, special_tokens, asked):
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    of_gpt2 = gpt2_tokenizer().get_vocab()
    used = [piece for piece, number in all_ids().items() if number < 256 + len(merges)]
    model = Tokenizer(BPE(vocab={piece: of_gpt2[piece] for piece in used}, merges=[]))
    model.add_special_tokens(special_tokens)
    ids = {piece: model.token_to_id(piece) for piece in asked}
    return {"ids": ids, "number of ids": model.get_vocab_size()}


def _signs():
    return list(all_ids())[:256]


def _in_order(pieces, first=0):
    return dict(zip(pieces, range(first, first + len(pieces)), strict=True))


def _made(merges):
    return ["".join(merge) for merge in merges]


def _signs_by_byte():
    return [sign_table()[byte] for byte in range(256)]


ANSWER_KEY = AnswerKey(
    check=checks.build_vocab,
    expected=_expected_ids,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "signs missing",
            "every id is too small by 256: the signs have no ids at all",
            "what is a piece before the first merge?",
            lambda merges, special: _in_order([*_made(merges), *special]),
        ),
        Mistake(
            "merges before signs",
            "the merges come first and the signs behind them",
            "the signs have the ids 0 to 255",
            lambda merges, special: _in_order([*_made(merges), *_signs(), *special]),
        ),
        Mistake(
            "special tokens first",
            "the special tokens come first, and every other id is too large",
            "the special tokens come last",
            lambda merges, special: _in_order([*special, *_signs(), *_made(merges)]),
        ),
        Mistake(
            "special tokens before merges",
            "the special tokens stand between the signs and the merges",
            "the special tokens come last",
            lambda merges, special: _in_order([*_signs(), *special, *_made(merges)]),
        ),
        Mistake(
            "special tokens missing",
            "the special tokens have no ids",
            "three kinds of pieces have ids",
            lambda merges, special: _in_order([*_signs(), *_made(merges)]),
        ),
        Mistake(
            "signs in the order of bytes",
            "the signs stand in the order of their bytes, not in their own",
            "sorted as characters: which sign comes first?",
            lambda merges, special: _in_order([*_signs_by_byte(), *_made(merges), *special]),
        ),
        Mistake(
            "from 1",
            "the ids begin with 1",
            "the first row of W_E is row 0",
            lambda merges, special: _in_order([*_signs(), *_made(merges), *special], first=1),
        ),
        Mistake(
            "last merge missing",
            "the last merge has no id, as if the file had been cut off before its last line",
            "do your merges end one too early?",
            lambda merges, special: _in_order([*_signs(), *_made(merges)[:-1], *special]),
        ),
        Mistake(
            "first merge missing",
            "the first merge has no id, and all the others are shifted",
            "do your merges begin one too late?",
            lambda merges, special: _in_order([*_signs(), *_made(merges)[1:], *special]),
        ),
        Mistake(
            "merges sorted",
            "the merges' pieces have been sorted; they keep the order in which they were learned",
            "only the signs are sorted",
            lambda merges, special: _in_order([*_signs(), *sorted(_made(merges)), *special]),
        ),
        Mistake(
            "everything sorted",
            "all pieces have been sorted together",
            "only the signs are sorted",
            lambda merges, special: _in_order(sorted([*_signs(), *_made(merges), *special])),
        ),
        Mistake(
            "id 50256 for special tokens",
            "a special token has GPT-2's own id, whatever the number of merges is",
            "the special tokens follow directly behind the last merge",
            lambda merges, special: _in_order([*_signs(), *_made(merges)]) | _in_order(special, first=50256),
        ),
        Mistake(
            "merges with a space",
            "what a merge makes is written with a space in it",
            "the two pieces follow each other directly",
            lambda merges, special: _in_order([*_signs(), *(" ".join(merge) for merge in merges), *special]),
        ),
        Mistake(
            "from id to piece",
            "the dict goes from id to piece",
            "keys are pieces, values are ids",
            lambda merges, special: dict(enumerate([*_signs(), *_made(merges), *special])),
        ),
    ),
)
