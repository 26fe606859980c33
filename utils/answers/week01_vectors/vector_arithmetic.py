"""The answer key of `vector_arithmetic`: torch's cosine similarity."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week01_vectors as checks


def _places(words, *named):
    return [words.index(name) for name in named]


def _expected_word(*, vectors, words, start, minus, plus):
    s, m, p = _places(words, start, minus, plus)
    aim = vectors[s] - vectors[m] + vectors[p]
    alike = F.cosine_similarity(vectors, aim.expand_as(vectors), dim=1)
    allowed = [i for i in range(len(words)) if i not in (s, m, p)]
    best = max(allowed, key=lambda i: alike[i].item())
    return words[best], alike[best].item()


ANSWER_KEY = AnswerKey(
    check=checks.vector_arithmetic,
    expected=_expected_word,
    reference="torch's cosine similarity",
)
