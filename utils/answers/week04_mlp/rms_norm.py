"""The answer key of `RMSNorm`: torch's rms_norm."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week04_mlp._wrong_norms import normed
from utils.checks import week04_mlp as checks


def _expected_norm(x, eps, learned, training):
    gain = learned["gain"].double() if learned else None
    result = F.rms_norm(x.double(), x.shape[-1:], gain, 1e-5 if eps is None else eps)
    return {"normed": result.to(x.dtype), "number of learned parameters": x.shape[-1]}


def _mean_square(x, dim=-1):
    return x.square().mean(dim, keepdim=True)


class _Norm(nn.Module):
    """RMSNorm in pieces, of which each mistake replaces one."""

    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.small = eps
        self.gain = self.make(self.start(d_model))

    make = staticmethod(nn.Parameter)
    start = staticmethod(torch.ones)

    @staticmethod
    def scaled(x, eps):
        return x * (_mean_square(x) + eps).rsqrt()

    def finish(self, z):
        return self.gain * z

    def forward(self, x):
        return self.finish(self.scaled(x, self.small))


def _norm_with(**pieces):
    return type("RMSNorm", (_Norm,), pieces)


def _scaled(function):
    return _norm_with(scaled=staticmethod(function))


def _with_bias(self, d_model, eps=1e-5):
    _Norm.__init__(self, d_model, eps)
    self.shift = nn.Parameter(torch.zeros_like(self.gain))


def _without_axis(x, eps):
    return x * (x.square().mean(-1) + eps).rsqrt()


ANSWER_KEY = AnswerKey(
    check=checks.RMSNorm,
    expected=_expected_norm,
    reference="torch's rms_norm",
    mistakes=(
        Mistake(
            "mean subtracted",
            "the mean is subtracted first: that is LayerNorm",
            "RMSNorm leaves the mean alone",
            _scaled(normed),
        ),
        Mistake(
            "variance instead of mean square",
            "the vectors are divided by their deviation from the mean",
            "RMSNorm knows no mean: which numbers are squared?",
            _scaled(lambda x, eps: x * (x.var(-1, correction=0, keepdim=True) + eps).rsqrt()),
        ),
        Mistake(
            "eps outside the root",
            "eps is added after the root; it belongs to the mean square, under it",
            "what does the formula have under its root?",
            _scaled(lambda x, eps: x / (_mean_square(x).sqrt() + eps)),
        ),
        Mistake(
            "eps forgotten",
            "nothing is added to the mean square, so that a vector of zeros gives 0/0",
            "where does the formula have eps?",
            _scaled(lambda x, eps: x / _mean_square(x).sqrt()),
        ),
        Mistake(
            "eps fixed at 1e-5",
            "eps is 0.00001 whatever is passed",
            "is the argument eps used?",
            _scaled(lambda x, eps: _Norm.scaled(x, 1e-5)),
        ),
        Mistake(
            "eps fixed at 1e-6",
            "eps is 0.000001 whatever is passed",
            "is the argument eps used?",
            _scaled(lambda x, eps: _Norm.scaled(x, 1e-6)),
        ),
        Mistake(
            "sum instead of mean",
            "the squares are added up and not averaged",
            "a vector of ones should come out as ones",
            _scaled(lambda x, eps: x * (x.square().sum(-1, keepdim=True) + eps).rsqrt()),
        ),
        Mistake(
            "d_model − 1",
            "the sum of the squares is divided by one less than d_model",
            "how many squares are averaged?",
            _scaled(lambda x, eps: x * (x.square().sum(-1, keepdim=True) / (x.shape[-1] - 1) + eps).rsqrt()),
        ),
        Mistake(
            "root forgotten",
            "the root is missing: the vectors are divided by their mean square",
            "R in RMS stands for root",
            _scaled(lambda x, eps: x / (_mean_square(x) + eps)),
        ),
        Mistake(
            "mean of absolute values",
            "the vectors are divided by the mean of their absolute values",
            "S in RMS stands for square",
            _scaled(lambda x, eps: x / (x.abs().mean(-1, keepdim=True) + eps)),
        ),
        Mistake(
            "all positions together",
            "one root mean square serves all positions of a prompt",
            "each vector has its own: along which single axis?",
            _scaled(lambda x, eps: x * (_mean_square(x, (-2, -1)) + eps).rsqrt()),
        ),
        Mistake(
            "over the positions",
            "the mean runs over the positions, not over a vector's own numbers",
            "along which axis do the numbers of one vector lie?",
            _scaled(lambda x, eps: x * (_mean_square(x, -2) + eps).rsqrt()),
        ),
        Mistake(
            "keepdim=False",
            "the mean square has lost its last axis, so it meets the wrong axis of x",
            "print its shape: it should end in 1",
            _scaled(_without_axis),
        ),
        Mistake(
            "gain unused",
            "the gain is there but nothing is multiplied by it",
            "what is self.gain for?",
            _norm_with(finish=lambda self, z: z),
        ),
        Mistake(
            "1 + gain",
            "the vectors are multiplied by 1 + gain; here the gain starts at 1 instead",
            "what is the gain when the module is new?",
            _norm_with(finish=lambda self, z: z + z * self.gain),
        ),
        Mistake(
            "gain first",
            "the gain comes before the division, which then undoes most of it",
            "the order: first divide, then stretch",
            _norm_with(forward=lambda self, x: self.scaled(self.finish(x), self.small)),
        ),
        Mistake(
            "gain starts at 0",
            "a new module gives 0 for everything, since its gain starts at 0",
            "which gain leaves a vector as it is?",
            _norm_with(start=staticmethod(torch.zeros)),
        ),
        Mistake(
            "a bias as well",
            "there are parameters too many: RMSNorm has a gain and nothing else",
            "which parameters does the text name?",
            _norm_with(__init__=_with_bias),
        ),
        Mistake(
            "weights that cannot learn",
            "the values are right, but the gain is a plain tensor: training would never touch it",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _norm_with(make=staticmethod(lambda tensor: tensor)),
        ),
    ),
)
