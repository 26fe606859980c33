"""The answer key of week 11's shape table: HF's GPT-2 small and torch's AdamW, on tensors without numbers."""

import functools

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.shapes import gradient_of
from utils.checks import week11_training as checks


@functools.cache
def _shapes(batch: int, seq: int) -> dict[str, tuple[int, ...]]:
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(eager_config())
        tokens = torch.zeros(batch, seq, dtype=torch.long)
    logits = model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False).logits
    judged, targets = logits[:, :-1], tokens[:, 1:]
    losses = torch.nn.functional.cross_entropy(judged.mT, targets, reduction="none")
    loss = losses.mean()
    loss.backward(retain_graph=True)
    table, places = model.transformer.wte.weight, model.transformer.wpe.weight
    once = tuple(gradient_of(table).shape)
    for _ in range(3):
        loss.backward(retain_graph=True)
    table_grad, places_grad = gradient_of(table), gradient_of(places)
    return {
        "tokens": tuple(tokens.shape),
        "logits": tuple(logits.shape),
        "judged_logits": tuple(judged.shape),
        "targets": tuple(targets.shape),
        "token_losses": tuple(losses.shape),
        "loss": tuple(loss.shape),
        "W_E_grad": once,
        "W_E_grad_accumulated": tuple(table_grad.shape),
        "W_pos_grad": tuple(places_grad.shape),
        "W_E_moment": tuple(torch.empty_like(table).shape),
        "grad_norm": tuple(torch.nn.utils.get_total_norm([table_grad, places_grad]).shape),
    }


def _expected(*, row):
    return _shapes(batch=2, seq=6)[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
