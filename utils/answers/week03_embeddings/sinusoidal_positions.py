"""The answer key of `sinusoidal_positions`: the table that HF's DistilBERT starts from."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week03_embeddings._waves import angles, interleaved, waves
from utils.checks import week03_embeddings as checks


def _expected_waves(n_ctx, d_model):
    from transformers.models.distilbert.modeling_distilbert import create_sinusoidal_embeddings

    return create_sinusoidal_embeddings(n_ctx, d_model, torch.empty(n_ctx, d_model))


def _of_angles(arrange):
    """A mistake after the right angles, [n_ctx, d_model / 2]."""
    return lambda n_ctx, d_model: arrange(angles(n_ctx, d_model)).float()


def _column_by_column(turned):
    """Sines and cosines of an angle for each column, [n_ctx, d_model]."""
    even = torch.arange(turned.shape[1]) % 2 == 0
    return torch.where(even, turned.sin(), turned.cos()).float()


def _doubled(pair, d_model):
    return 4 * pair / d_model


ANSWER_KEY = AnswerKey(
    check=checks.sinusoidal_positions,
    expected=_expected_waves,
    reference="HF's sinusoidal table",
    mistakes=(
        Mistake(
            "sines first, then cosines",
            "all sines stand in the left half and all cosines in the right",
            "even columns and odd columns take turns",
            _of_angles(lambda turned: torch.cat([turned.sin(), turned.cos()], dim=1)),
        ),
        Mistake(
            "sine and cosine swapped",
            "the cosines stand in the even columns",
            "column 0 is 0 at position 0: sin(0) = 0",
            _of_angles(lambda turned: interleaved(turned.cos(), turned.sin())),
        ),
        Mistake(
            "sines only",
            "the odd columns hold sines as well",
            "what stands in the odd columns?",
            _of_angles(lambda turned: interleaved(turned.sin(), turned.sin())),
        ),
        Mistake(
            "a wavelength for each column",
            "every column has a wavelength of its own; a sine and its cosine share one",
            "columns 2i and 2i + 1 have the same i",
            lambda n_ctx, d_model: _column_by_column(angles(n_ctx, 2 * d_model)),
        ),
        Mistake(
            "exponent from the column, doubled",
            "the exponent is twice the column's number over d_model; 2i is the column's number already",
            "i counts the pairs: column 6 belongs to i = 3",
            lambda n_ctx, d_model: _column_by_column(angles(n_ctx, 2 * d_model, exponent=_doubled)),
        ),
        Mistake(
            "exponent i / d_model",
            "the exponent is half of what it should be: the longest wave is too short",
            "2i / d_model, where i counts the pairs of columns",
            lambda n_ctx, d_model: waves(n_ctx, d_model, exponent=lambda pair, d_model: pair / d_model),
        ),
        Mistake(
            "exponent twice too large",
            "the exponent is twice what it should be: i counts pairs, and 2i is a pair's first column",
            "at which column does the exponent reach 1?",
            lambda n_ctx, d_model: waves(n_ctx, d_model, exponent=lambda pair, d_model: 4 * pair / d_model),
        ),
        Mistake(
            "one pair fewer in the exponent",
            "the exponent reaches 1 at the last pair, as in tensor2tensor; in the paper it stays below",
            "2i / d_model, with d_model as it is",
            lambda n_ctx, d_model: waves(
                n_ctx, d_model, exponent=lambda pair, d_model: pair / max(d_model // 2 - 1, 1)
            ),
        ),
        Mistake(
            "one wavelength for all",
            "every pair of columns has the same wavelength",
            "where does the column come into the angle?",
            lambda n_ctx, d_model: waves(n_ctx, d_model, exponent=lambda pair, d_model: 0 * pair),
        ),
        Mistake(
            "multiplied, not divided",
            "the position is multiplied by the power of 10,000: the waves get shorter from column to column",
            "later columns turn more slowly",
            lambda n_ctx, d_model: waves(n_ctx, d_model, exponent=lambda pair, d_model: -2 * pair / d_model),
        ),
        Mistake(
            "base 1,000",
            "the base is 1,000",
            "how many zeros does the base have?",
            lambda n_ctx, d_model: waves(n_ctx, d_model, base=1_000.0),
        ),
        Mistake(
            "base 100,000",
            "the base is 100,000",
            "how many zeros does the base have?",
            lambda n_ctx, d_model: waves(n_ctx, d_model, base=100_000.0),
        ),
        Mistake(
            "positions from 1",
            "the first position is counted as 1",
            "column 0 is 0 at the first position: sin(0) = 0",
            lambda n_ctx, d_model: waves(n_ctx, d_model, first=1),
        ),
        Mistake(
            "degrees",
            "the angles are taken as degrees",
            "torch.sin takes radians: is there a conversion?",
            _of_angles(lambda turned: interleaved(turned.deg2rad().sin(), turned.deg2rad().cos())),
        ),
        Mistake(
            "transposed",
            "the positions lie in the columns",
            "a row for each position",
            lambda n_ctx, d_model: waves(n_ctx, d_model).T,
        ),
        Mistake(
            "angles",
            "these are the angles, before sine and cosine",
            "what is taken of each angle?",
            _of_angles(lambda turned: interleaved(turned, turned)),
        ),
        Mistake(
            "half of the columns",
            "there are d_model / 2 columns",
            "each angle gives two columns, a sine and a cosine",
            _of_angles(torch.sin),
        ),
        Mistake(
            "in float64",
            "the numbers are right, but of 64 bits; the model's vectors have 32",
            "where does the dtype come from?",
            lambda n_ctx, d_model: waves(n_ctx, d_model).double(),
        ),
    ),
)
