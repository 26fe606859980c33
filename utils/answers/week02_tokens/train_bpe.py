"""The answer key of `train_bpe`: Hugging Face's trainer, run for one merge at a time."""

from collections import Counter

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import Pair, best_pair, merge_by_hf, words_of
from utils.answers.week02_tokens._pieces import cut, fuse, neighbours, signs
from utils.checks import week02_tokens as checks


def _expected_merges(text, n_merges):
    words = [(list(signs(word)), count) for word, count in Counter(words_of(text)).items()]
    found: list[Pair] = []
    while len(found) < n_merges and (pair := best_pair(words)):
        words = [(merge_by_hf(word, [pair]), count) for word, count in words]
        found.append(pair)
    return found


def _greatest(pairs):
    """The pair to merge: the most frequent, and of several the last in the order of tuples."""
    return sorted(pairs, key=lambda pair: (pairs[pair], *pair))[-1]


def _train(text, rounds, words=cut, spell=signs, choose=_greatest, merge=fuse, weight=lambda count: count):
    """The merges that training finds, each of whose steps a mistake may replace."""
    corpus = [(list(spell(word)), weight(count)) for word, count in Counter(words(text)).items()]
    found = []
    for _ in range(rounds):
        pairs: Counter[Pair] = Counter()
        for word, count in corpus:
            pairs.update({pair: count * times for pair, times in Counter(neighbours(word)).items()})
        if not pairs or (pair := choose(pairs)) is None:
            break
        corpus = [(merge(word, pair), count) for word, count in corpus]
        found.append(pair)
    return found


def _training(**changed):
    return lambda text, n_merges: _train(text, n_merges, **changed)


def _first_only(word, pair):
    at = next((place for place, found in enumerate(neighbours(word)) if found == pair), None)
    return word if at is None else [*word[:at], "".join(pair), *word[at + 2 :]]


def _counted_once(text, n_merges):
    pairs = Counter(pair for word in cut(text) for pair in neighbours(signs(word)))
    return sorted(pairs, key=lambda pair: (pairs[pair], *pair), reverse=True)[:n_merges]


def _never_empty(text, n_merges):
    found = _train(text, n_merges)
    return found if len(found) == n_merges else max([])


ANSWER_KEY = AnswerKey(
    check=checks.train_bpe,
    expected=_expected_merges,
    reference="Hugging Face's trainer",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "not cut into words",
            "the text is not cut into words first, so that pairs reach across words and spaces",
            "which exercise cuts a text into words?",
            _training(words=lambda text: [text]),
        ),
        Mistake(
            "cut at spaces",
            "the text is cut at white space: the spaces are lost, and punctuation stays on the words",
            "which exercise cuts a text into words as GPT-2 does?",
            _training(words=str.split),
        ),
        Mistake(
            "words without their space",
            "the words have lost the space in front of them",
            "GPT-2's first merge is Ġ and t: the space belongs to the word",
            _training(words=lambda text: [word.strip() for word in cut(text)]),
        ),
        Mistake(
            "characters, not bytes",
            "the words are cut into characters; pieces begin as the signs of single bytes",
            "from word to bytes to signs: exercises 1 and 2",
            _training(spell=lambda word: word),
        ),
        Mistake(
            "characters, with Ġ for the space",
            "the space has its sign, but other characters are not taken apart into bytes",
            "from word to bytes to signs: exercises 1 and 2",
            _training(spell=lambda word: word.replace(" ", "Ġ")),
        ),
        Mistake(
            "bytes without their signs",
            "each byte is the character of the same number, not its sign",
            "which exercise gives each byte a sign?",
            _training(spell=lambda word: bytearray(word, "utf-8").decode("latin-1")),
        ),
        Mistake(
            "first seen",
            "of several pairs that are equally frequent the one that was seen first is taken",
            "what does the text say about equally frequent pairs?",
            _training(choose=lambda pairs: max(pairs, key=pairs.get)),
        ),
        Mistake(
            "smallest of the equally frequent",
            "of several pairs that are equally frequent the smallest is taken, not the greatest",
            "what does the text say about equally frequent pairs?",
            _training(choose=lambda pairs: min(pairs, key=lambda pair: (-pairs[pair], pair))),
        ),
        Mistake(
            "the greatest, not the most frequent",
            "the greatest pair in the order of tuples is taken, however rare it is",
            "`max` of a dict compares its keys: what should it compare?",
            _training(choose=max),
        ),
        Mistake(
            "the rarest pair",
            "the rarest pair is merged",
            "the sign of your comparison",
            _training(choose=lambda pairs: sorted(pairs, key=lambda pair: (-pairs[pair], *pair))[-1]),
        ),
        Mistake(
            "word counts ignored",
            "each different word counts once, however often it occurs",
            "do the counts reach count_pairs?",
            _training(weight=lambda count: 1),
        ),
        Mistake(
            "counted only once",
            "the pairs are counted once, at the beginning, and all merges are taken from that count",
            "a merge makes new pairs and takes others away: count again in each round",
            _counted_once,
        ),
        Mistake(
            "never merged",
            "the same pair comes in every round: the words are never merged",
            "merge_pair returns a new word: where is it kept?",
            _training(merge=lambda word, pair: word),
        ),
        Mistake(
            "first occurrence only",
            "in each word only the first occurrence of a pair is merged",
            "merge_pair merges wherever the pair occurs",
            _training(merge=_first_only),
        ),
        Mistake(
            "stops at pairs that occur once",
            "training stops as soon as no pair occurs twice",
            "a pair that occurs only once is still merged",
            _training(choose=lambda pairs: _greatest(pairs) if max(pairs.values()) > 1 else None),
        ),
        Mistake(
            "one merge too many",
            "there is one merge too many",
            "how many rounds does your loop make?",
            lambda text, n_merges: _train(text, n_merges + 1),
        ),
        Mistake(
            "one merge too few",
            "there is one merge too few",
            "how many rounds does your loop make?",
            lambda text, n_merges: _train(text, n_merges - 1),
        ),
        Mistake(
            "a vocabulary's size",
            "there are no merges: is n_merges taken for the size of a vocabulary, with its 256 signs?",
            "how many rounds are asked for?",
            lambda text, n_merges: _train(text, n_merges - 256),
        ),
        Mistake(
            "no end without pairs",
            "when every word is one piece, there is no pair left to choose from",
            "stop when there are no pairs",
            _never_empty,
        ),
        Mistake(
            "pieces instead of pairs",
            "these are the pieces that the merges make, not the pairs",
            "a merge is a pair: a tuple of its left and its right piece",
            lambda text, n_merges: ["".join(pair) for pair in _train(text, n_merges)],
        ),
        Mistake(
            "last merge first",
            "the merges are in the wrong order: the last one comes first",
            "a merge's place is its rank",
            lambda text, n_merges: _train(text, n_merges)[::-1],
        ),
    ),
)
