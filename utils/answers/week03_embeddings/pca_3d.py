"""The answer key of `pca_3d`: torch's principal component analysis, in float64 with all components."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
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


def _expected_pca(vectors):
    centred = _centred(vectors)
    return _signed(centred.matmul(_axes(centred, 3)[0]))


def _along(points, change=lambda coordinates, spreads: coordinates, count=3):
    """Coordinates of `points` along their own axes, changed, then signed."""
    axes, spreads = _axes(points, count)
    return _signed(change(points.double().matmul(axes), spreads))


def _signs_of_the_axes(vectors):
    centred = _centred(vectors)
    axes, _ = _axes(centred, 3)
    return _signed(centred.matmul(axes), by=axes)


def _positive_where(choose):
    """A mistake in the sign convention: `choose` gives each axis a number whose sign is made positive."""

    def wrong(vectors):
        coordinates = _expected_pca(vectors)
        return coordinates * torch.where(choose(coordinates) < 0, -1.0, 1.0)

    return wrong


def _weakest(vectors):
    centred = _centred(vectors)
    _, ascending = torch.linalg.eigh(centred.T.matmul(centred))
    return _signed(centred.matmul(ascending[:, :3]))


def _along_columns(vectors):
    centred = _centred(vectors)
    return _signed(centred.matmul(torch.linalg.svd(centred, full_matrices=False).Vh[:, :3]))


def _unsigned(vectors):
    centred = _centred(vectors).float()
    _, _, rows = torch.linalg.svd(centred, full_matrices=False)
    return centred.matmul(rows[:3].T)


_SVD = Tolerance(1e-3, 1e-3, "axes that are nearly as strong as each other turn a little with the rounding")

ANSWER_KEY = AnswerKey(
    check=checks.pca_3d,
    expected=_expected_pca,
    tolerance=_SVD,
    reference="torch's pca_lowrank",
    mistakes=(
        Mistake(
            "not centred",
            "the mean was not subtracted: the first axis points from the origin to the middle of it all",
            "what must be true of the mean before the directions are looked for?",
            lambda vectors: _along(vectors),
        ),
        Mistake(
            "centred for the axes only",
            "the axes are those of the centred points, the coordinates those of the points as they were",
            "which points are multiplied with the axes?",
            lambda vectors: _signed(vectors.double().matmul(_axes(_centred(vectors), 3)[0])),
        ),
        Mistake(
            "each vector centred by itself",
            "each vector's own mean was subtracted, not the mean vector",
            "the mean of the points is a vector: over which axis?",
            lambda vectors: _along(_centred(vectors, dim=1)),
        ),
        Mistake(
            "columns divided by their spread",
            "each column was brought to standard deviation 1 first",
            "subtract the mean, and nothing else",
            lambda vectors: _along(_centred(vectors) / vectors.double().std(dim=0)),
        ),
        Mistake(
            "signs of the axes",
            "the signs follow the largest number of each axis, not the largest coordinate along it",
            "the point that lies farthest out on an axis lies on its positive side",
            _signs_of_the_axes,
        ),
        Mistake(
            "signs turned round",
            "the point that lies farthest out on each axis lies on its negative side",
            "the sign of the coordinate that is largest in size",
            lambda vectors: -_expected_pca(vectors),
        ),
        Mistake(
            "first point positive",
            "the signs follow the first point",
            "which point decides the sign of an axis?",
            _positive_where(lambda coordinates: coordinates[0]),
        ),
        Mistake(
            "smallest coordinate positive",
            "the point that lies nearest to the middle decides the signs",
            "which point decides the sign of an axis?",
            _positive_where(
                lambda coordinates: coordinates.gather(0, coordinates.abs().argmin(0, keepdim=True))[0]
            ),
        ),
        Mistake(
            "signs left to chance",
            "the signs are whatever the decomposition came up with",
            "both signs of an axis are as good, so the text chooses one: which?",
            _unsigned,
        ),
        Mistake(
            "no negative coordinates",
            "absolute values were taken: there are points on both sides of the middle",
            "turn a whole axis round, not each coordinate",
            lambda vectors: _expected_pca(vectors).abs(),
        ),
        Mistake(
            "spreads forgotten",
            "all three axes have the same spread: the singular values are missing",
            "U, S and V: which of them know how far apart the points are?",
            lambda vectors: _along(_centred(vectors), lambda coordinates, spreads: coordinates / spreads),
        ),
        Mistake(
            "spreads squared",
            "the coordinates are multiplied by the singular values once too often",
            "U · S, or points · V: one of them is enough",
            lambda vectors: _along(_centred(vectors), lambda coordinates, spreads: coordinates * spreads),
        ),
        Mistake(
            "divided by √(n − 1)",
            "the coordinates are divided by √(n − 1), which makes standard deviations of singular values",
            "the coordinates are distances in the space itself",
            lambda vectors: _along(_centred(vectors)) / (len(vectors) - 1) ** 0.5,
        ),
        Mistake(
            "the axes themselves",
            "these are the three axes, not the points' coordinates along them",
            "a row for each point",
            lambda vectors: _axes(_centred(vectors), 3)[0].float(),
        ),
        Mistake(
            "columns of Vh",
            "the coordinates were taken along columns of Vh; the directions are its rows",
            "turn Vh over before, or take rows of it",
            _along_columns,
        ),
        Mistake(
            "coordinates transposed",
            "the points lie in the columns",
            "a row for each point",
            lambda vectors: _expected_pca(vectors).T,
        ),
        Mistake(
            "all axes kept",
            "every axis is there, not the first three",
            "three numbers for each point",
            lambda vectors: _along(_centred(vectors), count=None),
        ),
        Mistake(
            "two axes",
            "there are two numbers for each point",
            "three numbers for each point",
            lambda vectors: _expected_pca(vectors)[:, :2],
        ),
        Mistake(
            "weakest axes",
            "these are the directions in which the points differ least",
            "in which order do the singular values, or the eigenvalues, come?",
            _weakest,
        ),
        Mistake(
            "weakest of the three first",
            "the right three axes in the opposite order",
            "in which order do the singular values, or the eigenvalues, come?",
            lambda vectors: _expected_pca(vectors).flip(1),
        ),
        Mistake(
            "first three numbers",
            "these are the first three numbers of each vector, no more telling than any other three",
            "look for the directions in which the points differ most",
            lambda vectors: _signed(_centred(vectors)[:, :3]),
        ),
    ),
)
