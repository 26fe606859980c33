"""The answer key of week 9's shape table: the shapes of HF's GPT-2 small, and torch's on the meta device."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes
from utils.checks import week09_sampling as checks

BATCH, SEQ, N_NEW, N_CTX = 2, 6, 10, 8


def _expected_row(*, row):
    shapes = gpt2_small_shapes(batch=BATCH, seq=SEQ)
    last = torch.empty(shapes["logits"], device="meta").select(1, SEQ - 1)
    prompts = torch.empty(shapes["tokens"], device="meta", dtype=torch.long)
    column = torch.multinomial(last, 1)
    whole = torch.cat([prompts, *[column] * N_NEW], dim=1)
    made = {
        **dict.fromkeys(("last_logits", "probabilities", "filtered"), last),
        "drawn": column.squeeze(1),
        "written": whole,
        "border": last.kthvalue(50, dim=-1, keepdim=True).values,
        "said": last.gather(1, prompts),
        "column": column,
        "window": whole.narrow(1, SEQ + N_NEW - 1 - N_CTX, N_CTX),
    }
    return (shapes | {name: tuple(tensor.shape) for name, tensor in made.items()})[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
