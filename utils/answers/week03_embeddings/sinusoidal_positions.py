"""The answer key of `sinusoidal_positions`: the table that HF's DistilBERT starts from."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week03_embeddings as checks


def _expected_waves(*, n_ctx, d_model):
    from transformers.models.distilbert.modeling_distilbert import create_sinusoidal_embeddings

    return create_sinusoidal_embeddings(n_ctx, d_model, torch.empty(n_ctx, d_model))


ANSWER_KEY = AnswerKey(
    check=checks.sinusoidal_positions,
    expected=_expected_waves,
    reference="HF's sinusoidal table",
)
