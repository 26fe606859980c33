"""The answer key of `head_outputs`: HF's `c_proj` on one head at a time, the others set to 0."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week06_heads as checks


@torch.no_grad()
def _expected_outputs(*, z, W_O):
    from transformers.pytorch_utils import Conv1D

    heads, d_head, d_model = W_O.shape
    c_proj = Conv1D(d_model, heads * d_head)
    c_proj.weight.copy_(torch.cat(list(W_O)))
    c_proj.bias.zero_()
    outputs = []
    for head in range(heads):
        alone = torch.zeros_like(z)
        alone[:, head] = z[:, head]
        outputs.append(c_proj(torch.cat(alone.unbind(1), dim=-1)))
    return torch.stack(outputs, dim=1)


ANSWER_KEY = AnswerKey(
    check=checks.head_outputs,
    expected=_expected_outputs,
    reference="GPT-2's c_proj",
)
