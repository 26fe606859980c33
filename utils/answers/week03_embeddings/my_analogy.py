"""The answer key of `my_analogy`: any four words that are one token each for GPT-2's tokenizer pass."""

import functools

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week03_embeddings as checks
from utils.tokens import load_tokenizer

_OURS = ("king", "man", "woman", "queen")
_EXAMPLE = ("cat", "dog", "dogs", "cats")

_MOST_WORDS = 20
_LONGEST = 100
"""Characters of a word. The two limits keep a huge answer from taking time."""

_tokenizer = functools.cache(load_tokenizer)


def _facts(words):
    """The properties that the exercise asks of the words. They are compared, since many answers are right."""
    if words is None:
        return None
    if not isinstance(words, list | tuple):
        words = [words]
    spelled = [word for word in words if isinstance(word, str)][:_MOST_WORDS]
    ours = {word.strip().lower() for word in spelled} & set(_OURS)
    return {
        "number of words": len(words),
        "words with a space around them": _how_many(word != word.strip() for word in spelled),
        "words of more than one token": _how_many(not _is_one_token(word.strip()) for word in spelled),
        "different words": len(set(spelled)),
        # Two words of the text's example may recur, say man and woman: the same step, another question.
        "words of king − man + woman → queen": "two at most" if len(ours) <= 2 else "three or four",
    }


def _is_one_token(word):
    return len(word) <= _LONGEST and len(_tokenizer().encode(f" {word}")) <= 1


def _how_many(which):
    count = sum(which)
    return ("none", "one")[count] if count < 2 else "several"


def _answer(*words):
    return lambda: words


ANSWER_KEY = AnswerKey(
    check=checks.my_analogy,
    expected=lambda: _EXAMPLE,
    normalise=_facts,
    tolerance=EXACT,
    reference="what is asked of them",
    mistakes=(
        Mistake(
            "the example's words",
            "this is the analogy of the text, or its words in another order",
            "an analogy of your own: which step would another pair of words take?",
            _answer(*_OURS),
        ),
        Mistake(
            "three words only",
            "there are three words; the fourth is the one that you expect",
            "start, minus, plus and the answer that you expect",
            _answer("prince", "boy", "girl"),
        ),
        Mistake(
            "words with their spaces",
            "the words are written with their leading spaces, which the notebook adds itself",
            "write the bare words",
            _answer(" cat", " dog", " dogs", " cats"),
        ),
        Mistake(
            "one string",
            "this is one string; four are asked for",
            "four words in quotation marks of their own, with commas between them",
            lambda: "cat dog dogs cats",
        ),
        Mistake(
            "one word twice",
            "the same word stands there twice",
            "four different words, since the words that are asked with cannot be the answer",
            _answer("cat", "dog", "dogs", "cat"),
        ),
        Mistake(
            "a word that GPT-2 cuts",
            "one of the words is more than one token, so that it has no single vector",
            "try a shorter or a more common word",
            _answer("cat", "dog", "dogs", "kittycats"),
        ),
        Mistake(
            "words that GPT-2 cuts",
            "several of the words are more than one token, so that they have no single vector",
            "try shorter or more common words: token_id says how many tokens a word takes",
            _answer("chihuahua", "hippopotamus", "dogs", "kittycats"),
        ),
        Mistake(
            "ids instead of words",
            "these are ids; words are asked for",
            "the notebook looks the ids up itself",
            _answer(3797, 3290, 6844, 11875),
        ),
    ),
)
