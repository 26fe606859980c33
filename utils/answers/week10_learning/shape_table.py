"""The answer key of week 10's shape table: HF's GPT-2 small and autograd, on tensors without numbers."""

import functools
from typing import TYPE_CHECKING, cast

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.shapes import gradient_of
from utils.checks import week10_learning as checks

if TYPE_CHECKING:
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block


@functools.cache
def _shapes(batch: int, seq: int) -> dict[str, tuple[int, ...]]:
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(eager_config())
        tokens = torch.zeros(batch, seq, dtype=torch.long)
    first = cast("GPT2Block", model.transformer.h[0]).mlp.c_fc
    seen: dict[str, torch.Tensor] = {}

    def note(module, given, output):
        seen.update(x=given[0], pre=output)

    handle = first.register_forward_hook(note)
    logits = model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False).logits
    handle.remove()
    for kept in (logits, *seen.values()):
        kept.retain_grad()
    judged = logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(judged.mT, tokens[:, 1:])
    loss.backward()
    square = torch.optim.AdamW([first.bias]).param_groups[0]["params"][0].grad.square()
    grad_W_in, grad_b_in = gradient_of(first.weight), gradient_of(first.bias)
    norm = torch.nn.utils.get_total_norm([grad_W_in, grad_b_in])
    tensors = {
        "logits": logits, "judged_logits": judged, "loss": loss, "grad_logits": logits.grad, "x": seen["x"],
        "W_in": first.weight, "pre": seen["pre"], "grad_pre": gradient_of(seen["pre"]),
        "grad_W_in": grad_W_in, "grad_b_in": grad_b_in, "grad_x": gradient_of(seen["x"]),
        "square_b_in": square, "grad_norm": norm,
    }  # fmt: skip
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _expected(*, row):
    return _shapes(batch=2, seq=6)[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
