"""The answer key of `gender_direction`: the mean of the differences in float64, at length 1."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week03_embeddings as checks


def _ends(W_E, pairs):
    """The pairs' first and second vectors, [pair, d_model] each, in float64."""
    first, second = pairs.unbind(dim=1)
    return W_E.double().index_select(0, first), W_E.double().index_select(0, second)


def _at_length_1(way):
    return F.normalize(way, dim=-1).float()


def _from(combine):
    """A mistake in how the pairs become one direction: `combine` takes their first and second vectors."""
    return lambda W_E, pairs: combine(*_ends(W_E, pairs))


def _expected_direction(W_E, pairs):
    first, second = _ends(W_E, pairs)
    return _at_length_1((second - first).mean(dim=0))


def _strongest(first, second):
    """The direction along which the pairs differ most, with the sign that the pairs have on average."""
    steps = second - first
    way = torch.linalg.svd(steps, full_matrices=False).Vh[0]
    return (way * (steps @ way).mean().sign()).float()


def _over_the_squared_length(first, second):
    way = (second - first).mean(0)
    return (way / way.square().sum()).float()


ANSWER_KEY = AnswerKey(
    check=checks.gender_direction,
    expected=_expected_direction,
    reference="the mean step in float64",
    mistakes=(
        Mistake(
            "backwards",
            "the direction runs from the second words to the first",
            "which end is taken away from which?",
            _from(lambda first, second: _at_length_1((first - second).mean(0))),
        ),
        Mistake(
            "length not 1",
            "the right direction, but not of length 1",
            "divide by the length of what you have",
            _from(lambda first, second: (second - first).mean(0).float()),
        ),
        Mistake(
            "steps added, length not 1",
            "the steps are added up; the sum points the right way but is not of length 1",
            "divide by the length of what you have",
            _from(lambda first, second: (second - first).sum(0).float()),
        ),
        Mistake(
            "first pair only",
            "only the first pair counts",
            "average over all pairs",
            _from(lambda first, second: _at_length_1((second - first)[0])),
        ),
        Mistake(
            "last pair only",
            "only the last pair counts: does each round forget the one before?",
            "average over all pairs",
            _from(lambda first, second: _at_length_1((second - first)[-1])),
        ),
        Mistake(
            "each step at length 1 first",
            "every step is brought to length 1 before the average, so that short steps count as much as long",
            "average first, then divide by the length",
            _from(lambda first, second: _at_length_1(F.normalize(second - first, dim=-1).mean(0))),
        ),
        Mistake(
            "each step at length 1 only",
            "every step is brought to length 1, but not their average, which is shorter",
            "average first, then divide by the length",
            _from(lambda first, second: F.normalize(second - first, dim=-1).mean(0).float()),
        ),
        Mistake(
            "a step for each pair",
            "there is a direction for each pair; one for all of them is asked for",
            "over which axis is the average?",
            _from(lambda first, second: _at_length_1(second - first)),
        ),
        Mistake(
            "averaged over the numbers",
            "the average runs over d_model, so that each pair has one number",
            "over which axis is the average?",
            _from(lambda first, second: _at_length_1((second - first).mean(1))),
        ),
        Mistake(
            "averaged over everything",
            "the average runs over the pairs and over d_model, so that one number is left",
            "over which axis is the average?",
            _from(lambda first, second: (second - first).mean().float()),
        ),
        Mistake(
            "average of both ends",
            "the two ends are added, which gives what they have in common, not how they differ",
            "a step is a difference",
            _from(lambda first, second: _at_length_1((second + first).mean(0))),
        ),
        Mistake(
            "second words only",
            "this is the average of the second words, whatever the first ones are",
            "a step is a difference",
            _from(lambda first, second: _at_length_1(second.mean(0))),
        ),
        Mistake(
            "rows normalised first",
            "the words' vectors are brought to length 1 before they are compared",
            "the text asks for the vectors as they are",
            _from(
                lambda first, second: _at_length_1(
                    (F.normalize(second, dim=1) - F.normalize(first, dim=1)).mean(0)
                )
            ),
        ),
        Mistake(
            "signs lost",
            "absolute values were taken, so that the direction cannot be negative anywhere",
            "a step may go either way along each number",
            _from(lambda first, second: _at_length_1((second - first).abs().mean(0))),
        ),
        Mistake(
            "divided by the sum",
            "the numbers were divided by their sum, so that they add up to 1",
            "the length of a vector is the root of the sum of its squares",
            _from(lambda first, second: F.normalize((second - first).mean(0), p=1, dim=0).float()),
        ),
        Mistake(
            "divided by the squared length",
            "the length is squared: its root is missing",
            "the length of a vector is the root of the sum of its squares",
            _from(_over_the_squared_length),
        ),
        Mistake(
            "first principal axis",
            "this is the axis along which the steps are longest, not their average",
            "the average of the steps is enough",
            _from(_strongest),
        ),
        Mistake(
            "difference of the ids",
            "the ids were subtracted, and a row was looked up",
            "an id is a name, not an amount: look up first",
            lambda W_E, pairs: _at_length_1(W_E[(pairs[:, 1] - pairs[:, 0]) % len(W_E)].double().mean(0)),
        ),
    ),
)
