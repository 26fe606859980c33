"""The answer key of `merge_pair`: Hugging Face's BPE with that one merge."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import merge_by_hf
from utils.answers.week02_tokens._pieces import fuse, neighbours
from utils.checks import week02_tokens as checks


def _places(word, pair):
    return [place for place, found in enumerate(neighbours(word)) if found == pair]


def _first_only(word, pair):
    place = next(iter(_places(word, pair)), None)
    return word if place is None else (*word[:place], "".join(pair), *word[place + 2 :])


def _last_only(word, pair):
    places = _places(word, pair)
    return (*word[: places[-1]], "".join(pair), *word[places[-1] + 2 :]) if places else word


def _from_the_right(word, pair):
    kept: list[str] = []
    for piece in reversed(word):
        if kept and (piece, kept[0]) == pair:
            kept[0] = piece + kept[0]
        else:
            kept.insert(0, piece)
    return tuple(kept)


def _second_kept(word, pair):
    """Advance by one place after a merge, so that the second piece is repeated."""
    followed = zip(word, (*word[1:], None), strict=True)
    return tuple("".join(pair) if (piece, after) == pair else piece for piece, after in followed)


def _as_text(word, pair):
    return tuple(" ".join(word).replace(" ".join(pair), "".join(pair)).split())


def _no_end(word, pair):
    kept, at = [], 0
    while at < len(word) - 1:
        here = word[at : at + 2] == pair
        kept.append("".join(pair) if here else word[at])
        at += 1 + here
    return tuple(kept)


def _past_the_end(word, pair):
    kept = []
    for at, piece in enumerate(word):
        kept.append(piece + word[at + 1] if (piece, word[at + 1]) == pair else piece)
    return tuple(kept)


def _marked(word, pair):
    """The word with None where the pair was."""
    kept: list[str | None] = []
    for piece in word:
        if kept and (kept[-1], piece) == pair:
            kept[-1] = None
        else:
            kept.append(piece)
    return kept


ANSWER_KEY = AnswerKey(
    check=checks.merge_pair,
    expected=lambda word, pair: tuple(merge_by_hf(word, [tuple(pair)])),
    reference="Hugging Face's merge",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "first occurrence only",
            "only the first occurrence of the pair is merged",
            "wherever it occurs: does your loop go on after a merge?",
            _first_only,
        ),
        Mistake(
            "last occurrence only",
            "only the last occurrence of the pair is merged",
            "wherever it occurs",
            _last_only,
        ),
        Mistake(
            "last piece lost",
            "the last piece of the word is lost, unless it has just been merged",
            "where does your loop end?",
            _no_end,
        ),
        Mistake(
            "from right to left",
            "the word is gone through from right to left: in a a a the last two are merged",
            "left to right",
            _from_the_right,
        ),
        Mistake(
            "second piece kept",
            "after a merge the pair's second piece comes once more",
            "by how much does the position move after a merge?",
            _second_kept,
        ),
        Mistake(
            "merged as text",
            "pieces are cut and glued as text: the end of one and the start of the next pass for the pair",
            "compare whole pieces, not parts of a string",
            _as_text,
        ),
        Mistake(
            "turned round",
            "the pair is also merged when its pieces stand the other way round",
            "th is not ht",
            lambda word, pair: tuple(fuse(fuse(word, pair), pair[::-1])),
        ),
        Mistake(
            "joined with a space",
            "the merged piece has a space in it",
            "the two pieces follow each other directly",
            lambda word, pair: tuple(
                " ".join(pair) if piece is None else piece for piece in _marked(word, pair)
            ),
        ),
        Mistake(
            "pair taken out",
            "the pair has vanished instead of becoming one piece",
            "what is put in its place?",
            lambda word, pair: tuple(piece for piece in _marked(word, pair) if piece is not None),
        ),
        Mistake(
            "cut to single signs",
            "the pieces have been taken apart into single signs first",
            "the word is a tuple of pieces: keep those that are longer",
            lambda word, pair: tuple(fuse("".join(word), pair)),
        ),
        Mistake(
            "not merged",
            "the word comes back as it was",
            "a tuple cannot be changed: is the new one the one that you return?",
            lambda word, pair: word,
        ),
        Mistake(
            "all in one",
            "the whole word has become one piece",
            "only the two pieces of the pair become one",
            lambda word, pair: ("".join(word),),
        ),
        Mistake(
            "beyond the end",
            "the code asks for the piece behind the last one",
            "which neighbour does the last piece have?",
            _past_the_end,
        ),
    ),
)
