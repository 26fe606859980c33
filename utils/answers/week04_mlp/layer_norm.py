"""The answer key of `LayerNorm`: torch's layer_norm, which HF's ln_1, ln_2 and ln_f use."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week04_mlp._wrong_norms import WRONG_NORMS, normed
from utils.checks import week04_mlp as checks


def _expected_norm(x, eps, learned, training):
    gain, bias = (learned[name].double() if name in learned else None for name in ("gain", "bias"))
    result = F.layer_norm(x.double(), x.shape[-1:], gain, bias, 1e-5 if eps is None else eps)
    return {"normed": result.to(x.dtype), "number of learned parameters": 2 * x.shape[-1]}


class _Norm(nn.Module):
    """LayerNorm in pieces, of which each mistake replaces one."""

    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.small = eps
        first_gain, first_bias = self.start(d_model)
        self.gain, self.bias = self.make(first_gain), self.make(first_bias)

    make = staticmethod(nn.Parameter)

    @staticmethod
    def start(d_model):
        return torch.full((d_model,), 1.0), torch.full((d_model,), 0.0)

    standard = staticmethod(normed)

    def finish(self, z):
        return torch.addcmul(self.bias, z, self.gain)

    def forward(self, x):
        return self.finish(self.standard(x, self.small))


def _norm_with(**pieces):
    return type("LayerNorm", (_Norm,), pieces)


def _default_eps(eps):
    return _norm_with(__init__=lambda self, d_model, eps=eps: _Norm.__init__(self, d_model, eps))


ANSWER_KEY = AnswerKey(
    check=checks.LayerNorm,
    expected=_expected_norm,
    mistakes=(
        *(
            Mistake(each.name, each.explanation, each.look_at, _norm_with(standard=staticmethod(each.wrong)))
            for each in WRONG_NORMS
        ),
        Mistake(
            "gain unused",
            "the gain is there but nothing is multiplied by it",
            "what is self.gain for?",
            _norm_with(finish=lambda self, z: z + self.bias),
        ),
        Mistake(
            "bias unused",
            "the bias is there but is never added",
            "what is self.bias for?",
            _norm_with(finish=lambda self, z: z * self.gain),
        ),
        Mistake(
            "gain and bias unused",
            "neither the gain nor the bias is used",
            "what comes after mean 0 and variance 1?",
            _norm_with(finish=lambda self, z: z),
        ),
        Mistake(
            "bias before gain",
            "the bias is added first, so that the gain stretches it as well",
            "which of the two comes first?",
            _norm_with(finish=lambda self, z: self.gain * (z + self.bias)),
        ),
        Mistake(
            "1 + gain",
            "the vectors are multiplied by 1 + gain; GPT-2's gain starts at 1 instead",
            "what is the gain when the module is new?",
            _norm_with(finish=lambda self, z: z * (1.0 + self.gain) + self.bias),
        ),
        Mistake(
            "gain and bias swapped",
            "the bias is multiplied and the gain is added",
            "which of the two stretches, and which shifts?",
            _norm_with(finish=lambda self, z: torch.addcmul(self.gain, z, self.bias)),
        ),
        Mistake(
            "bias subtracted",
            "the bias is subtracted",
            "the sign before the bias",
            _norm_with(finish=lambda self, z: z * self.gain - self.bias),
        ),
        Mistake(
            "divided by the gain",
            "the vectors are divided by the gain",
            "the gain stretches: what does a gain of 2 do?",
            _norm_with(finish=lambda self, z: z / self.gain + self.bias),
        ),
        Mistake(
            "gain and bias first",
            "gain and bias come before mean and variance, which then undo most of them",
            "the order: first mean 0 and variance 1, then stretch and shift",
            _norm_with(forward=lambda self, x: self.standard(self.finish(x), self.small)),
        ),
        Mistake(
            "gain starts at 0",
            "a new module gives 0 for everything but its bias, since its gain starts at 0",
            "which gain leaves a vector as it is?",
            _norm_with(start=staticmethod(lambda d_model: (torch.zeros(d_model), torch.zeros(d_model)))),
        ),
        Mistake(
            "bias starts at 1",
            "a new module shifts every vector, since its bias starts at 1",
            "which bias leaves a vector as it is?",
            _norm_with(start=staticmethod(lambda d_model: (torch.ones(d_model), torch.ones(d_model)))),
        ),
        Mistake(
            "gain and bias start at random",
            "a new module has random gains and biases",
            "which gain and which bias leave a vector as it is?",
            _norm_with(start=staticmethod(lambda d_model: tuple(torch.randn(2, d_model)))),
        ),
        Mistake(
            "weights that cannot learn",
            "the values are right, but gain and bias are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _norm_with(make=staticmethod(lambda tensor: tensor)),
        ),
        Mistake(
            "default eps of 1e-6",
            "without an eps the module takes 0.000001; GPT-2's is 0.00001",
            "the default in the signature",
            _default_eps(1e-6),
        ),
        Mistake(
            "default eps of 1e-12",
            "without an eps the module takes 1e-12; GPT-2's is 0.00001",
            "the default in the signature",
            _default_eps(1e-12),
        ),
        Mistake(
            "only in training",
            "in eval mode nothing is normalised",
            "LayerNorm does the same in training and afterwards: no `if self.training`",
            _norm_with(
                forward=lambda self, x: self.finish(self.standard(x, self.small) if self.training else x)
            ),
        ),
        Mistake(
            "x added back",
            "x is added to the result",
            "that is the residual stream's business: a later exercise",
            _norm_with(forward=lambda self, x: x + _Norm.forward(self, x)),
        ),
    ),
)
