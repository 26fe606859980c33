"""The answer key of `order_matters`: shuffling before and after, gathered row by row."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week03_embeddings as checks
from utils.checks.fakes.modules import sequence_model


def _gaps(model, tokens, into, out):
    """The differences, when the tokens are shuffled by `into` and the vectors by `out`."""
    return model(tokens.index_select(1, into)) - model(tokens).index_select(1, out)


def _expected_gap(reads, tokens, order, W_E, W_pos):
    return _gaps(sequence_model(reads, W_E, W_pos), tokens, order, order).abs().max().item()


def _as_it_was(order):
    return torch.arange(len(order))


def _summed_up(how):
    """A mistake in how the differences become one number."""
    return lambda model, tokens, order: how(_gaps(model, tokens, order, order))


_DUST = Tolerance(1e-4, 1e-5, "where order does not matter, float32 leaves a dust of about 1e-6")

ANSWER_KEY = AnswerKey(
    check=checks.order_matters,
    expected=_expected_gap,
    tolerance=_DUST,
    reference="the difference that is there",
    mistakes=(
        Mistake(
            "vectors not shuffled",
            "the vectors of the shuffled tokens are compared with the vectors in the old order",
            "each token has moved: where is its vector expected now?",
            lambda model, tokens, order: _gaps(model, tokens, order, _as_it_was(order)).abs().max().item(),
        ),
        Mistake(
            "tokens not shuffled",
            "the tokens go into the model in their old order",
            "which of the two calls of the model gets the shuffled tokens?",
            lambda model, tokens, order: _gaps(model, tokens, _as_it_was(order), order).abs().max().item(),
        ),
        Mistake(
            "shuffled back",
            "the tokens are shuffled, and the vectors the other way round, or one side twice",
            "the same order on both sides, once before the model and once after it",
            lambda model, tokens, order: _gaps(model, tokens, order, order.argsort()).abs().max().item(),
        ),
        Mistake(
            "prompts shuffled",
            "the prompts of the batch change places, not the tokens within them",
            "tokens has the shape batch, seq: which axis is the order of a text?",
            lambda model, tokens, order: (model(tokens[order]) - model(tokens)[order]).abs().max().item(),
        ),
        Mistake(
            "compared with itself",
            "both sides are shuffled before the model, so that nothing can differ",
            "one side is shuffled before the model, the other after it",
            lambda model, tokens, order: 0.0 * model(tokens).max().item(),
        ),
        Mistake(
            "mean difference",
            "this is the mean of the differences; a single large one would drown in it",
            "the largest difference is asked for",
            _summed_up(lambda gaps: gaps.abs().mean().item()),
        ),
        Mistake(
            "sum of the differences",
            "this is the sum of all differences, which grows with the prompt",
            "the largest difference is asked for",
            _summed_up(lambda gaps: gaps.abs().sum().item()),
        ),
        Mistake(
            "length of the difference",
            "this is the length of the difference, which grows with the prompt",
            "the largest difference is asked for",
            _summed_up(lambda gaps: gaps.norm().item()),
        ),
        Mistake(
            "mean squared difference",
            "this is the mean of the squared differences",
            "the largest difference is asked for",
            _summed_up(lambda gaps: gaps.square().mean().item()),
        ),
        Mistake(
            "sign forgotten",
            "this is the largest difference upwards; a larger one downwards is not seen",
            "a difference may be negative: what makes its size of it?",
            _summed_up(lambda gaps: gaps.max().item()),
        ),
        Mistake(
            "largest difference of the sums",
            "each vector is added up before the comparison, where plus and minus cancel out",
            "compare number by number",
            _summed_up(lambda gaps: gaps.sum(-1).abs().max().item()),
        ),
        Mistake(
            "yes or no",
            "this is a yes or a no; how much it matters is asked for",
            "return the number that you compared with",
            _summed_up(lambda gaps: bool(gaps.abs().max() > 1e-4)),
        ),
        Mistake(
            "the other way round",
            "this is True where the order does not matter; a number is asked for",
            "return the largest difference itself",
            _summed_up(lambda gaps: bool(gaps.abs().max() < 1e-4)),
        ),
        Mistake(
            "all differences",
            "every difference comes back; the largest is asked for",
            "one number for everything",
            _summed_up(lambda gaps: gaps.abs()),
        ),
        Mistake(
            "one number a prompt",
            "there is a number for each prompt; one for all of them is asked for",
            "one number for everything",
            _summed_up(lambda gaps: gaps.abs().amax(dim=(1, 2))),
        ),
        Mistake(
            "first prompt only",
            "only the first prompt is looked at",
            "the batch has others",
            _summed_up(lambda gaps: gaps[0].abs().max().item()),
        ),
        Mistake(
            "last position only",
            "only the last position is looked at",
            "any position may show that the order matters",
            _summed_up(lambda gaps: gaps[:, -1].abs().max().item()),
        ),
    ),
)
