"""The answer key of `count_pairs`: counts added up in a torch tensor."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.week02_tokens._pieces import neighbours
from utils.checks import week02_tokens as checks


def _expected_counts(words):
    pieces = sorted({piece for word, _ in words for piece in word})
    table = torch.zeros(len(pieces), len(pieces), dtype=torch.long)
    for word, count in words:
        numbers = torch.tensor([pieces.index(piece) for piece in word])
        table.index_put_((numbers[:-1], numbers[1:]), torch.tensor(count), accumulate=True)
    found = {str((pieces[i], pieces[j])): table[i, j].item() for i, j in table.nonzero().tolist()}
    return {"counts": found, "number of different pairs": len(found)}


def _counted(words, pairs_of=neighbours, weight=lambda count: count):
    counts: dict[tuple[str, str], int] = {}
    for word, count in words.items():
        for pair in pairs_of(word):
            counts[pair] = counts.get(pair, 0) + weight(count)
    return counts


def _all_in_one(words):
    return [piece for word, count in words.items() for piece in word * count]


def _apart(word):
    """Pairs that share no piece with the pair of the same kind before them, as str.count counts."""
    found = []
    free: dict[tuple[str, str], int] = {}  # for each pair, the first place that no earlier one covers
    for place, pair in enumerate(neighbours(word)):
        if place >= free.get(pair, 0):
            found.append(pair)
            free[pair] = place + 2
    return found


ANSWER_KEY = AnswerKey(
    check=checks.count_pairs,
    expected=_expected_counts,
    reference="a count by hand",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "word counts ignored",
            "each word counts once, however often it occurs in the text",
            "what are the dict's values for?",
            lambda words: _counted(words, weight=lambda count: 1),
        ),
        Mistake(
            "once in a word",
            "a pair that stands twice in a word is counted once",
            "every place counts: a set forgets repetition",
            lambda words: _counted(words, pairs_of=lambda word: set(neighbours(word))),
        ),
        Mistake(
            "pairs that do not overlap",
            "in a a a the pair (a, a) stands at two places; here it is counted once",
            "each piece but the last begins a pair",
            lambda words: _counted(words, pairs_of=_apart),
        ),
        Mistake(
            "every second pair",
            "only every second pair is looked at",
            "by how much does the position move?",
            lambda words: _counted(words, pairs_of=lambda word: neighbours(word)[::2]),
        ),
        Mistake(
            "last pair missing",
            "the last pair of each word is missing",
            "a word of five pieces has four pairs",
            lambda words: _counted(words, pairs_of=lambda word: neighbours(word)[:-1]),
        ),
        Mistake(
            "first pair missing",
            "the first pair of each word is missing",
            "with which position does your loop begin?",
            lambda words: _counted(words, pairs_of=lambda word: neighbours(word)[1:]),
        ),
        Mistake(
            "across words",
            "pairs reach from one word into the next",
            "count inside each word by itself",
            lambda words: _counted({tuple(_all_in_one(words)): 1}),
        ),
        Mistake(
            "the other way round",
            "the two pieces of each pair have changed places",
            "the left neighbour comes first",
            lambda words: _counted(words, pairs_of=lambda word: neighbours(word[::-1])),
        ),
        Mistake(
            "order ignored",
            "(a, b) and (b, a) are counted as the same pair",
            "order matters: th is not ht",
            lambda words: _counted(words, pairs_of=lambda word: [tuple(sorted(p)) for p in neighbours(word)]),
        ),
        Mistake(
            "signs instead of pieces",
            "the pieces have been taken apart into single signs",
            "a word is a tuple of pieces: go through the tuple, not through a joined string",
            lambda words: _counted(words, pairs_of=lambda word: neighbours("".join(word))),
        ),
        Mistake(
            "all pairs of a word",
            "pieces that do not touch are paired too",
            "a pair is two neighbours",
            lambda words: _counted(
                words, pairs_of=lambda word: [(a, b) for i, a in enumerate(word) for b in word[i + 1 :]]
            ),
        ),
        Mistake(
            "overwritten",
            "each word overwrites what the words before it have counted",
            "is the count added to what was there, or put in its place?",
            lambda words: {pair: count for word, count in words.items() for pair in neighbours(word)},
        ),
        Mistake(
            "shares",
            "these are shares of all pairs, not counts",
            "the function returns how often, as a whole number",
            lambda words: {
                pair: count / sum(_counted(words).values()) for pair, count in _counted(words).items()
            },
        ),
    ),
)
