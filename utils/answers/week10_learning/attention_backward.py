"""The answer key of `attention_backward`: autograd through torch's own causal attention, in float64."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def _expected(*, grad_z, q, k, v):
    return gradients(_attention, [q, k, v], grad_z)


ANSWER_KEY = AnswerKey(
    check=checks.attention_backward,
    expected=_expected,
    outputs=("grad_q", "grad_k", "grad_v"),
    reference="torch's autograd in float64",
)
