"""The answer key of `ov_circuit`: the output of HF's attention on sequences of one word."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_model import additive_mask
from utils.answers.week12_inside._one_head import filled_up, one_head
from utils.checks import week12_inside as checks


@torch.no_grad()
def logits_of_words(*, read, W_V, W_O, said):
    """Return by how much reading each word raises the logit of each word that is said."""
    attn, width = one_head(W_V=W_V, W_O=W_O)
    alone = filled_up(read, width)[:, None]  # a sequence of one word: all attention goes to it
    written = attn(alone, attention_mask=additive_mask(1))[0][:, 0, : read.shape[1]]
    return torch.nn.functional.linear(written, said)


ANSWER_KEY = AnswerKey(
    check=checks.ov_circuit,
    expected=logits_of_words,
    reference="HF's attention on single words",
)
