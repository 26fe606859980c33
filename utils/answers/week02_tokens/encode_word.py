"""The answer key of `encode_word`: Hugging Face's BPE with the same merges."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import merge_by_hf
from utils.answers.week02_tokens._pieces import fuse, lowest, merged, most_frequent, neighbours
from utils.checks import week02_tokens as checks


def _by(choose):
    return lambda word, ranks: merged(word, ranks, choose)


def _ranked(pieces, ranks):
    return [pair for pair in neighbours(pieces) if pair in ranks]


def _highest(pieces, ranks):
    return max(_ranked(pieces, ranks), key=ranks.get, default=None)


def _leftmost(pieces, ranks):
    return next(iter(_ranked(pieces, ranks)), None)


def _first_pair_decides(pieces, ranks):
    return lowest(pieces, ranks) if _leftmost(pieces, ranks) == next(iter(neighbours(pieces)), 0) else None


def _all_must_be_ranked(pieces, ranks):
    pairs = neighbours(pieces)
    return lowest(pieces, ranks) if pairs and all(pair in ranks for pair in pairs) else None


def _longest_match(word, ranks):
    """The longest known piece from the left, as WordPiece does it."""
    known = {left + right for left, right in ranks}
    pieces = []
    while word:
        size = max(size for size in range(1, len(word) + 1) if size == 1 or word[:size] in known)
        pieces.append(word[:size])
        word = word[size:]
    return pieces


def _one_pass(word, ranks):
    """One walk from left to right: a piece joins the one before it if the two have a rank."""
    pieces: list[str] = []
    for sign in word:
        if pieces and (pieces[-1], sign) in ranks:
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _each_rank_at_one_place(word, ranks):
    pieces = list(word)
    for pair in ranks:
        if pair in neighbours(pieces):
            at = neighbours(pieces).index(pair)
            pieces[at : at + 2] = ["".join(pair)]
    return pieces


def _until_one_piece(word, ranks):
    pieces = list(word)
    while len(pieces) > 1:
        pieces = fuse(pieces, min(neighbours(pieces), key=lambda pair: ranks.get(pair, len(ranks))))
    return pieces


def _asks_unranked(word, ranks):
    pieces = list(word)
    while len(pieces) > 1:
        pieces = fuse(pieces, min(neighbours(pieces), key=lambda pair: ranks[pair]))
    return pieces


def _without_last_merge(word, ranks):
    return merged(word, {pair: rank for pair, rank in ranks.items() if rank < len(ranks) - 1})


def _without_first_merge(word, ranks):
    return merged(word, {pair: rank for pair, rank in ranks.items() if rank})


def _min_of_nothing(word, ranks):
    return merged(word, ranks) if len(merged(word, ranks)) > 1 else min([])


ANSWER_KEY = AnswerKey(
    check=checks.encode_word,
    expected=lambda word, merges: merge_by_hf(word, [tuple(merge) for merge in merges]),
    reference="Hugging Face's BPE",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "by frequency",
            "the pair that is most frequent in this word is merged first, not the one with the lowest rank",
            "what does a low rank say about when a merge was learned?",
            _by(most_frequent),
        ),
        Mistake(
            "highest rank first",
            "the pair with the highest rank is merged first",
            "rank 0 was learned first",
            _by(_highest),
        ),
        Mistake(
            "leftmost first",
            "the leftmost pair that has a rank is merged first",
            "compare the ranks of all pairs before you choose",
            _by(_leftmost),
        ),
        Mistake(
            "longest match",
            "the longest known piece is cut off from the left, again and again; that is WordPiece",
            "byte-pair encoding starts with single signs and merges",
            _longest_match,
        ),
        Mistake(
            "one walk",
            "the word is gone through once, and each sign joins the piece before it if that pair has a rank",
            "compare the ranks of all pairs before you choose",
            _one_pass,
        ),
        Mistake(
            "one merge only",
            "there is a single merge",
            "look again after each merge: there are new neighbours",
            lambda word, ranks: fuse(word, lowest(word, ranks)),
        ),
        Mistake(
            "each merge at one place",
            "each merge happens at one place only, although its pair occurs several times",
            "wherever it occurs",
            _each_rank_at_one_place,
        ),
        Mistake(
            "first pair without a rank",
            "merges stop too early: as soon as the first pair of the word has no rank",
            "look at all pairs: is there any with a rank?",
            _by(_first_pair_decides),
        ),
        Mistake(
            "any pair without a rank",
            "merges stop too early: as soon as some pair of the word has no rank",
            "look at all pairs: is there any with a rank?",
            _by(_all_must_be_ranked),
        ),
        Mistake(
            "until one piece is left",
            "pairs that have no rank are merged too, until the word is one piece",
            "when does the loop have to stop?",
            _until_one_piece,
        ),
        Mistake(
            "asks for a rank that is not there",
            "the code asks `ranks` for a pair that it does not hold",
            "which method of a dict gives a default instead of an error?",
            _asks_unranked,
        ),
        Mistake(
            "min of nothing",
            "when the word is one piece, there is no pair left to choose from",
            "stop when there is one piece",
            _min_of_nothing,
        ),
        Mistake(
            "last merge missing",
            "the last merge of the list is never used, as if the file had been cut off before its last line",
            "are all ranks compared, also the highest one?",
            _without_last_merge,
        ),
        Mistake(
            "rank 0 missing",
            "the merge with rank 0 is never used",
            "0 counts as False in a condition: is it asked for with `in`, or for None?",
            _without_first_merge,
        ),
        Mistake(
            "last piece lost",
            "the last piece of the word is lost",
            "joined again, the pieces must be the word",
            lambda word, ranks: merged(word, ranks)[:-1] if len(word) > 1 else [word],
        ),
        Mistake(
            "nothing merged",
            "the word comes back in single signs",
            "merge_pair returns a new word: where is it kept?",
            lambda word, ranks: list(word),
        ),
        Mistake(
            "a string",
            "the pieces come back as one string",
            "the function returns a list of pieces",
            lambda word, ranks: " ".join(merged(word, ranks)),
        ),
    ),
)
