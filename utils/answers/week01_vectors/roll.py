"""The answer key of `roll`: torch.roll."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_roll(x, shift):
    return {"result": torch.roll(x, shift), "more steps for longer inputs": False}


def _from(x, places):
    return x.take(places.remainder(len(x)))


def _pushed_out(x, shift):
    places = torch.arange(len(x)) - shift
    return _from(x, places).masked_fill((places < 0) | (places >= len(x)), 0.0)


def _one_by_one(x, shift):
    return torch.stack([x[(place - shift) % len(x)] for place in range(len(x))])


def _cut_and_joined(x, shift):
    return torch.cat([x[-shift:], x[:-shift]])


ANSWER_KEY = AnswerKey(
    check=checks.roll,
    expected=_expected_roll,
    reference="torch.roll",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "loop",
            "the values are right, but the numbers are visited one by one",
            "a whole tensor of places can be an index",
            _one_by_one,
        ),
        Mistake(
            "other direction",
            "the numbers move to the left where they should move to the right",
            "which number comes to place 0 when everything moves one to the right?",
            lambda x, shift: _from(x, torch.arange(len(x)) + shift),
        ),
        Mistake(
            "not brought round",
            "what leaves at one end is lost, and zeros come in at the other",
            "the remainder of a division, %, brings a place back into the range",
            _pushed_out,
        ),
        Mistake(
            "index out of range",
            "some places lie outside the tensor",
            "the remainder of a division, %, brings a place back into the range",
            lambda x, shift: x[torch.arange(len(x)) - shift],
        ),
        Mistake(
            "long shifts ignored",
            "a shift that is longer than the tensor does nothing",
            "a shift of n + 1 does the same as a shift of 1",
            _cut_and_joined,
        ),
        Mistake(
            "always by one",
            "the shift is 1, whatever was asked for",
            "where does shift come in?",
            lambda x, shift: _from(x, torch.arange(len(x)) - 1),
        ),
        Mistake(
            "sign lost",
            "a negative shift moves to the right as well",
            "no abs: the sign gives the direction",
            lambda x, shift: _from(x, torch.arange(len(x)) - abs(shift)),
        ),
        Mistake(
            "turned round",
            "the order of the numbers is turned round",
            "places rise from left to right, in the result as in x",
            lambda x, shift: _from(x, shift - torch.arange(len(x))),
        ),
    ),
)
