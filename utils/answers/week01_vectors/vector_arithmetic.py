"""The answer key of `vector_arithmetic`: torch's cosine similarity."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week01_vectors as checks


def _places(words, *named):
    return [words.index(name) for name in named]


def _expected_word(vectors, words, start, minus, plus):
    s, m, p = _places(words, start, minus, plus)
    aim = vectors[s] - vectors[m] + vectors[p]
    alike = F.cosine_similarity(vectors, aim.expand_as(vectors), dim=1)
    allowed = [i for i in range(len(words)) if i not in (s, m, p)]
    best = max(allowed, key=lambda i: alike[i].item())
    return words[best], alike[best].item()


def _arithmetic(
    aim=lambda s, m, p: s - m + p,
    measure=lambda vectors, aim: F.cosine_similarity(vectors, aim.expand_as(vectors), dim=1),
    left_out=(0, 1, 2),
    prepare=lambda vectors: vectors,
):
    """The same search with one of its four pieces replaced."""

    def wrong(vectors, words, start, minus, plus):
        vectors = prepare(vectors)
        places = _places(words, start, minus, plus)
        alike = measure(vectors, aim(*(vectors[place] for place in places)))
        score = alike.clone()
        score[[places[i] for i in left_out]] = -torch.inf
        best = int(score.argmax())
        return words[best], alike[best].item()

    return wrong


def _least_alike(vectors, words, start, minus, plus):
    s, m, p = _places(words, start, minus, plus)
    alike = F.cosine_similarity(vectors, (vectors[s] - vectors[m] + vectors[p]).expand_as(vectors), dim=1)
    worst = int(alike.argmin())
    return words[worst], alike[worst].item()


def _swapped(vectors, words, start, minus, plus):
    word, similarity = _expected_word(vectors, words, start, minus, plus)
    return similarity, word


def _word_alone(vectors, words, start, minus, plus):
    return _expected_word(vectors, words, start, minus, plus)[0]


def _place_of_the_word(vectors, words, start, minus, plus):
    word, similarity = _expected_word(vectors, words, start, minus, plus)
    return words.index(word), similarity


ANSWER_KEY = AnswerKey(
    check=checks.vector_arithmetic,
    expected=_expected_word,
    reference="torch's cosine similarity",
    mistakes=(
        Mistake(
            "the three not left out",
            "one of the three words themselves may win",
            "start lies nearly always close to the result: leave all three out",
            _arithmetic(left_out=()),
        ),
        Mistake(
            "only start left out",
            "start is left out, but the other two words may win",
            "leave all three out",
            _arithmetic(left_out=(0,)),
        ),
        Mistake(
            "minus and plus exchanged",
            "the two words are exchanged: the sum is start + minus − plus",
            "which of the two is subtracted?",
            _arithmetic(aim=lambda s, m, p: s + m - p),
        ),
        Mistake(
            "all added",
            "all three vectors are added",
            "the second one is subtracted",
            _arithmetic(aim=lambda s, m, p: s + m + p),
        ),
        Mistake(
            "sign turned",
            "the whole sum has the opposite sign",
            "start counts plus, and so does plus",
            _arithmetic(aim=lambda s, m, p: m - s - p),
        ),
        Mistake(
            "minus forgotten",
            "the second word is never subtracted",
            "start − minus + plus",
            _arithmetic(aim=lambda s, m, p: s + p),
        ),
        Mistake(
            "plus forgotten",
            "the third word is never added",
            "start − minus + plus",
            _arithmetic(aim=lambda s, m, p: s - m),
        ),
        Mistake(
            "dot product",
            "the words are compared by dot product, which prefers long vectors",
            "your cosine_similarity compares directions",
            _arithmetic(measure=lambda vectors, aim: vectors.matmul(aim)),
        ),
        Mistake(
            "distance",
            "the number is a distance, or the word was chosen by it",
            "your cosine_similarity compares directions",
            _arithmetic(measure=lambda vectors, aim: -(vectors - aim).norm(dim=1)),
        ),
        Mistake(
            "least alike",
            "this is the word that is least alike",
            "argmax or argmin?",
            _least_alike,
        ),
        Mistake(
            "directions only",
            "all vectors are brought to length 1 before the sum",
            "the sum is made of the vectors as they are; only the comparison looks at directions",
            _arithmetic(prepare=lambda vectors: F.normalize(vectors, dim=1)),
        ),
        Mistake(
            "order swapped",
            "the similarity comes first and the word second",
            "the order in the return line: the word, then its similarity",
            _swapped,
        ),
        Mistake(
            "word alone",
            "only the word comes back",
            "two results, separated by a comma: the word, then its similarity",
            _word_alone,
        ),
        Mistake(
            "place instead of word",
            "the word's place in the list comes back",
            "words[place] is the word",
            _place_of_the_word,
        ),
    ),
)
