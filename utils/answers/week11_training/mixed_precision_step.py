"""The answer key of `mixed_precision_step`: torch's autocast, and the loss in float32."""

import torch
from torch.nn.utils import clip_grad_norm_

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.answers.week11_training._pieces import cross_entropy
from utils.checks import week11_training as checks


def _expected(*, weights, batch, max_norm, in_bfloat16):
    model = checks.PrecisionModel(weights, in_bfloat16)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(batch)
    loss = cross_entropy(logits=logits.float(), tokens=batch)
    loss.backward()
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    with torch.no_grad():
        afterwards = model(batch)
    return {
        "loss": loss.item(),
        "logits computed in": "bfloat16",
        "logits computed in afterwards": "float32",
        "weights kept in": "float32",
        "gradients kept in": "float32",
        "weights": model.numbers(),
        "logits of a run afterwards": afterwards,
    }


_BFLOAT16 = Tolerance(2e-3, 2e-3, "bfloat16 holds 2 to 3 digits, and processors round in another order")

ANSWER_KEY = AnswerKey(
    check=checks.mixed_precision_step,
    expected=_expected,
    reference="torch's autocast",
    tolerance=_BFLOAT16,
)
