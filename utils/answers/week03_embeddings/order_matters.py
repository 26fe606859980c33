"""The answer key of `order_matters`: shuffling before and after, gathered row by row."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week03_embeddings as checks
from utils.checks.fakes.modules import sequence_model


def _gaps(model, tokens, into, out):
    """The differences, when the tokens are shuffled by `into` and the vectors by `out`."""
    return model(tokens.index_select(1, into)) - model(tokens).index_select(1, out)


def _expected_gap(*, reads, tokens, order, W_E, W_pos):
    return _gaps(sequence_model(reads, W_E, W_pos), tokens, order, order).abs().max().item()


_DUST = Tolerance(1e-4, 1e-5, "where order does not matter, float32 leaves a dust of about 1e-6")

ANSWER_KEY = AnswerKey(
    check=checks.order_matters,
    expected=_expected_gap,
    tolerance=_DUST,
    reference="the difference that is there",
)
