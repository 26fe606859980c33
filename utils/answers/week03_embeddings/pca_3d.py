"""The answer key of `pca_3d`: torch's principal component analysis, in float64 with all components."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week03_embeddings as checks


def _axes(points, count=None):
    """The principal axes of points as they are given, [d, count], the strongest first, and their spreads."""
    wide = points.double()
    with torch.random.fork_rng(devices=[]):  # pca_lowrank starts from random vectors, and needs all of them
        torch.default_generator.manual_seed(0)
        _, spreads, axes = torch.pca_lowrank(wide, q=min(wide.shape), center=False, niter=8)
    return axes[:, :count], spreads[:count]


def _centred(vectors, dim=0):
    return vectors.double() - vectors.double().mean(dim=dim, keepdim=True)


def _signed(coordinates, by=None):
    """The coordinates with the sign that makes the largest entry of each column of `by` positive."""
    by = coordinates if by is None else by
    largest = by.gather(0, by.abs().argmax(dim=0, keepdim=True))
    return (coordinates * largest.sign()).float()


def _expected_pca(*, vectors):
    centred = _centred(vectors)
    return _signed(centred.matmul(_axes(centred, 3)[0]))


_SVD = Tolerance(1e-3, 1e-3, "axes that are nearly as strong as each other turn a little with the rounding")

ANSWER_KEY = AnswerKey(
    check=checks.pca_3d,
    expected=_expected_pca,
    tolerance=_SVD,
    reference="torch's pca_lowrank",
)
