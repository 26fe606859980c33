"""The answer key of `cosine_similarity`: torch.nn.functional.cosine_similarity on every pair."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week01_vectors as checks


def _expected_similarity(a, b):
    return F.cosine_similarity(a.unsqueeze(1), b.unsqueeze(0), dim=-1)


def _dots(a, b):
    return (a.unsqueeze(1) * b.unsqueeze(0)).sum(-1)


def _length(vectors, dim=1, order=2):
    return vectors.norm(order, dim=dim, keepdim=True).clamp_min(1e-8)


def _units(vectors, **how):
    return vectors / _length(vectors, **how)


def _alike(a, b):
    return _dots(_units(a), _units(b))


def _row_by_row(a, b):
    return (_units(a) * _units(b)).sum(-1)


def _centred(vectors):
    return vectors - vectors.mean(1, keepdim=True)


ANSWER_KEY = AnswerKey(
    check=checks.cosine_similarity,
    expected=_expected_similarity,
    reference="torch.nn.functional",
    mistakes=(
        Mistake(
            "dot products",
            "these are dot products: nothing is divided by the lengths",
            "a long vector should be no more alike to another than a short one in the same direction",
            _dots,
        ),
        Mistake(
            "only a brought to length 1",
            "the vectors of a are divided by their lengths, those of b are not",
            "both sides have a length",
            lambda a, b: _dots(_units(a), b),
        ),
        Mistake(
            "only b brought to length 1",
            "the vectors of b are divided by their lengths, those of a are not",
            "both sides have a length",
            lambda a, b: _dots(a, _units(b)),
        ),
        Mistake(
            "divided by squared lengths",
            "the result is divided by the squares of the lengths",
            "a length is the root of the sum of squares",
            lambda a, b: _dots(_units(a) / _length(a), _units(b) / _length(b)),
        ),
        Mistake(
            "one length for all",
            "all vectors are divided by one number, the length of the whole table",
            "norm() without dim takes the table as one long vector",
            lambda a, b: _dots(a / a.norm(), b / b.norm()),
        ),
        Mistake(
            "lengths of the columns",
            "the lengths are taken along the first axis, which counts the vectors",
            "the numbers of one vector lie along the last axis",
            lambda a, b: _dots(_units(a, dim=0), _units(b, dim=0)),
        ),
        Mistake(
            "sum of absolute values as length",
            "the length is taken as the sum of the absolute values",
            "the length is the root of the sum of squares",
            lambda a, b: _dots(_units(a, order=1), _units(b, order=1)),
        ),
        Mistake(
            "transposed",
            "rows belong to b and columns to a",
            "entry [i, j] compares a[i] with b[j]",
            lambda a, b: _alike(a, b).transpose(0, 1),
        ),
        Mistake(
            "row by row",
            "each vector of a is compared with one vector of b only, the one in the same row",
            "every vector of a meets every vector of b: the result has two axes, n and m",
            _row_by_row,
        ),
        Mistake(
            "a with itself",
            "the vectors of a are compared with each other, and b is never used",
            "both arguments have to appear",
            lambda a, b: _alike(a, a),
        ),
        Mistake(
            "1 minus similarity",
            "this is 1 minus the similarity, which is called cosine distance",
            "vectors of the same direction should get 1",
            lambda a, b: 1 - _alike(a, b),
        ),
        Mistake(
            "distances",
            "these are distances: 0 means equal",
            "vectors of the same direction should get 1, however far apart their ends are",
            lambda a, b: (a.unsqueeze(1) - b.unsqueeze(0)).norm(dim=-1),
        ),
        Mistake(
            "angles",
            "these are angles, not their cosines",
            "no acos: the cosine itself is the measure",
            lambda a, b: _alike(a, b).clamp(-1, 1).acos(),
        ),
        Mistake(
            "signs lost",
            "the similarities have lost their signs",
            "opposite directions should get −1",
            lambda a, b: _alike(a, b).abs(),
        ),
        Mistake(
            "mean subtracted",
            "each vector's mean is subtracted first, which makes a correlation",
            "nothing is subtracted here",
            lambda a, b: _alike(_centred(a), _centred(b)),
        ),
        Mistake(
            "0/0 for a vector of length 0",
            "a vector of length 0 is divided by its length, and 0/0 is NaN",
            "what does the docstring say of such a vector? A length can be kept from falling below 1e-8",
            lambda a, b: _dots(a, b) / (a.norm(dim=1)[:, None] * b.norm(dim=1)),
        ),
    ),
)
