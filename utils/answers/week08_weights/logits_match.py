"""The answer key of `logits_match`: the largest absolute difference, found by numpy."""

import numpy as np
import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week08_weights as checks


def _expected(prompts, ours, theirs):
    gaps = [np.abs(one.numpy() - other.numpy()) for one, other in zip(ours, theirs, strict=True)]
    return float(np.max([gap.max() for gap in gaps]))


def _gaps(model, hf_model, prompts):
    """The differences of the logits, one tensor a prompt."""
    with torch.no_grad():
        for prompt in prompts:
            batch = torch.tensor(prompt).unsqueeze(0)
            yield model(batch) - hf_model(batch).logits


def _largest(gap):
    return gap.abs().amax().item()


def _over_prompts(together, of_one=_largest):
    """A number of each prompt's differences, and one of all prompts."""
    return lambda *given: together([of_one(gap) for gap in _gaps(*given)])


def _largest_of_all(numbers):
    return torch.tensor(numbers).max().item()


def _keeping_the_largest(model, hf_model, prompts):
    worst = 0.0
    for gap in _gaps(model, hf_model, prompts):
        worst = max(worst, _largest(gap))
    return worst


def _relative(model, hf_model, prompts):
    worst = []
    for prompt in prompts:
        batch = torch.tensor(prompt).unsqueeze(0)
        theirs = hf_model(batch).logits
        worst.append(((model(batch) - theirs) / theirs).abs().amax())
    return torch.stack(worst).amax().item()


def _probabilities(model, hf_model, prompts):
    worst = []
    for prompt in prompts:
        batch = torch.tensor(prompt).unsqueeze(0)
        worst.append((model(batch).softmax(-1) - hf_model(batch).logits.softmax(-1)).abs().amax())
    return torch.stack(worst).amax().item()


def _same_choices(model, hf_model, prompts):
    parted = 0.0
    for prompt in prompts:
        batch = torch.tensor(prompt).unsqueeze(0)
        parted += (model(batch).argmax(-1) != hf_model(batch).logits.argmax(-1)).sum().item()
    return parted


ANSWER_KEY = AnswerKey(
    check=checks.logits_match,
    expected=_expected,
    reference="the largest difference",
    mistakes=(
        Mistake(
            "sign kept",
            "differences below 0 are passed over: the largest is looked for without their size",
            "which of −3 and 2 is the larger difference?",
            _over_prompts(_largest_of_all, lambda gap: gap.amax().item()),
        ),
        Mistake(
            "mean difference",
            "the mean over all logits comes back; one wrong logit among millions hides in it",
            "the largest one, so that a single wrong logit shows",
            _over_prompts(lambda numbers: sum(numbers) / len(numbers), lambda gap: gap.abs().mean().item()),
        ),
        Mistake(
            "mean over the prompts",
            "the prompts' largest differences are averaged",
            "the largest of all",
            _over_prompts(lambda numbers: sum(numbers) / len(numbers)),
        ),
        Mistake(
            "largest mean",
            "of each prompt the mean difference is taken, and then the largest of these",
            "the largest one, so that a single wrong logit shows",
            _over_prompts(_largest_of_all, lambda gap: gap.abs().mean().item()),
        ),
        Mistake(
            "summed",
            "the prompts' largest differences are added up",
            "the largest of all",
            _over_prompts(sum),
        ),
        Mistake(
            "smallest",
            "the smallest of the prompts' differences comes back",
            "the largest of all",
            _over_prompts(min),
        ),
        Mistake(
            "last position only",
            "only the last position of each prompt is compared",
            "every position has logits, and each of them must agree",
            _over_prompts(_largest_of_all, lambda gap: _largest(gap[:, -1])),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt is compared",
            "does `return` stand inside the loop?",
            _over_prompts(lambda numbers: numbers[0]),
        ),
        Mistake(
            "last prompt only",
            "the last prompt's difference comes back, whatever came before",
            "does each prompt replace what the one before it gave?",
            _over_prompts(lambda numbers: numbers[-1]),
        ),
        Mistake(
            "NaN passed over",
            "a logit that is not a number is passed over: Python's max(0.1, nan) is 0.1",
            "torch's max takes NaN for the largest, and that is what you want here",
            _keeping_the_largest,
        ),
        Mistake(
            "relative",
            "the differences are divided by the logits: where a logit is near 0, that says nothing",
            "the plain difference",
            _relative,
        ),
        Mistake(
            "of the probabilities",
            "the probabilities are compared; softmax hides what all logits of a position share",
            "the logits themselves",
            _probabilities,
        ),
        Mistake(
            "of the choices",
            "only the likeliest tokens are compared; two models can agree on these and differ everywhere",
            "the logits themselves",
            _same_choices,
        ),
        Mistake(
            "squared",
            "the largest squared difference comes back: it looks better than it is",
            "the plain difference",
            _over_prompts(_largest_of_all, lambda gap: gap.square().amax().item()),
        ),
    ),
)
