"""The judge does not take a tensor of millions apart, whatever a check looks at in its answers."""

import pytest
import torch

from utils.answers.judge import find_answer_key
from utils.answers.short_iteration import MAX_LENGTH, ShortIteration
from utils.checks.engine.plain_data import NotPlain


def first_of(first, *rest):
    return first


WAYS = {
    "unpacked": lambda tensor: first_of(*tensor),
    "two of them": lambda tensor: dict([tensor]),
    "listed": list,
    "zipped": lambda tensor: next(zip(tensor, strict=True)),
    "unbound": torch.unbind,
    "unbound by a method": lambda tensor: tensor.unbind(dim=0),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_long_tensor_is_not_taken_apart(way):
    with ShortIteration(), pytest.raises(ValueError, match="not looked at entry by entry"):
        way(torch.zeros(MAX_LENGTH + 1, 2))


def test_a_short_one_is():
    with ShortIteration():
        assert len(list(torch.zeros(3, MAX_LENGTH + 1))) == 3
        assert len(torch.zeros(MAX_LENGTH, 1).unbind(1)) == 1
        assert [number.item() for number in torch.ones(2)] == [1.0, 1.0]
        assert len(torch.zeros(MAX_LENGTH + 1).tolist()) == MAX_LENGTH + 1
    assert len(list(torch.zeros(MAX_LENGTH + 1))) == MAX_LENGTH + 1


def test_an_answer_that_is_a_long_tensor_is_not_looked_at():
    answer_key = find_answer_key("week04_mlp", "dropout")
    (case, *_) = answer_key.check.draw_cases()
    answer = torch.zeros(MAX_LENGTH + 1)
    assert answer_key.normalised(answer, case.inputs) == NotPlain("a tensor of shape (20001,)")
