"""A right answer may be rounded as another processor rounds: by its largest number, not by its own size."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from utils.answers.compare import EXACT, FLOAT32, difference
from utils.answers.week07_transformer._pieces import DEEP
from utils.answers.week12_inside.ablate_head import LOGITS

from .taught import ANSWER_KEYS, judge

in_float32 = pytest.mark.parametrize("tolerance", [FLOAT32, DEEP, LOGITS], ids=["FLOAT32", "DEEP", "LOGITS"])


def products(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What a layer of GPT-2's width writes where its stream reaches thousands, added up in two orders."""
    generator = torch.Generator().manual_seed(seed)
    hidden, W_out = (torch.randn(*shape, generator=generator) for shape in ((40, 3072), (3072, 768)))
    hidden *= 15
    order = torch.randperm(3072, generator=generator)
    pieces = zip(hidden[:, order].split(96, dim=1), W_out[order].split(96), strict=True)
    return hidden @ W_out, sum(left @ right for left, right in pieces)


@in_float32
@pytest.mark.parametrize("seed", range(3))
def test_large_sums_may_be_added_up_in_another_order(tolerance, seed):
    one, other = products(seed)
    assert one.abs().max() > 3000
    assert difference(one, other, tolerance) is None


@in_float32
def test_more_than_rounding_is_found_in_a_small_number_beside_large_ones(tolerance):
    expected, _ = products(0)
    small = expected.abs().flatten().argmin()
    wrong = expected.clone()
    wrong.flatten()[small] += 2e-5 * expected.abs().max()
    assert difference(expected, wrong, tolerance).kind == "values"


@in_float32
@pytest.mark.parametrize("other", [torch.inf, -torch.inf, torch.nan])
def test_what_is_not_finite_makes_nothing_else_right(tolerance, other):
    expected = torch.tensor([1.0, other, 0.0])
    assert difference(expected, expected.clone(), tolerance) is None
    assert difference(expected, torch.tensor([1.0, other, 1e-3]), tolerance)
    assert difference(expected, torch.tensor([1.0, 0.0, 0.0]), tolerance)
    assert difference(torch.tensor([other, other]), torch.zeros(2), tolerance)


@in_float32
def test_an_empty_tensor_is_like_another(tolerance):
    assert difference(torch.empty(0, 3), torch.empty(0, 3), tolerance) is None


def test_whole_numbers_stay_exact():
    expected = torch.tensor([10**9, 0])
    assert difference(expected, expected + torch.tensor([0, 1]), EXACT)


def shares_term_by_term(logits: torch.Tensor) -> torch.Tensor:
    """Softmax as a processor without vectors adds it up: what is small beside the sum so far is lost."""
    powers = (logits - logits.amax(-1, keepdim=True)).exp().numpy()
    sums = np.add.accumulate(powers, axis=-1, dtype=np.float32)[..., -1:]
    return torch.from_numpy(powers / sums)


def test_a_softmax_over_the_whole_vocabulary_may_be_added_up_term_by_term():
    (check,) = (each.check for each in ANSWER_KEYS if each.check.name == "top_next_tokens")
    report = check.examine(lambda logits, k: tuple(shares_term_by_term(logits[:, -1]).topk(k)), judge(1))
    assert report.passed, str(report)


def loss_term_by_term(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with the normaliser added up so; its gradient is PyTorch's."""
    shifted = logits - logits.amax(-1, keepdim=True)
    sums = np.add.accumulate(shifted.detach().exp().numpy(), axis=-1, dtype=np.float32)[..., -1]
    normaliser = shifted.logsumexp(-1)
    added_up = torch.from_numpy(sums).log() + normaliser - normaliser.detach()
    return (added_up - shifted.gather(-1, targets[..., None])[..., 0]).mean()


def loss_along_axis_1(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """As PyTorch's documentation has it; its kernel adds up in another order than that for the last axis."""
    return F.cross_entropy(logits.mT, targets)


@pytest.mark.parametrize(
    ("name", "submission"),
    [
        ("cross_entropy", loss_term_by_term),
        ("next_token_loss", lambda logits, tokens: loss_term_by_term(logits[:, :-1], tokens[:, 1:])),
        ("next_token_loss", lambda logits, tokens: loss_along_axis_1(logits[:, :-1], tokens[:, 1:])),
    ],
)
def test_a_loss_over_the_whole_vocabulary_may_be_added_up_otherwise(name, submission):
    (check,) = (each.check for each in ANSWER_KEYS if each.check.name == name)
    report = check.examine(submission, judge(1))
    assert report.passed, str(report)
