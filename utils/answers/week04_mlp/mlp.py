"""The answer key of `MLP`: HF's GPT2MLP."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week04_mlp as checks


def _expected_mlp(x, weights, training):
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2MLP

    d_model, d_mlp = weights["W_in"].shape
    mlp = GPT2MLP(d_mlp, GPT2Config(n_embd=d_model, n_head=1)).eval()
    layers = {
        "W_in": mlp.c_fc.weight,
        "b_in": mlp.c_fc.bias,
        "W_out": mlp.c_proj.weight,
        "b_out": mlp.c_proj.bias,
    }
    with torch.no_grad():
        for name, parameter in layers.items():
            parameter.copy_(weights[name])
        learned = sum(weight.numel() for weight in weights.values())
        return {"neurons": d_mlp, "number of learned parameters": learned, "mlp_out": mlp(x)}


def _gelu(x):
    return F.gelu(x, approximate="tanh")


class _MLP(nn.Module):
    """An MLP in pieces, of which each mistake replaces one."""

    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.W_in, self.b_in = self.make(torch.zeros(d_model, d_mlp)), self.make(torch.zeros(d_mlp))
        self.W_out, self.b_out = self.make(torch.zeros(d_mlp, d_model)), self.make(torch.zeros(d_model))

    make = staticmethod(nn.Parameter)
    curve = staticmethod(_gelu)

    def widen(self, x):
        return x.matmul(self.W_in).add(self.b_in)

    def narrow(self, post):
        return post.matmul(self.W_out).add(self.b_out)

    def forward(self, x):
        return self.narrow(self.curve(self.widen(x)))


def _mlp_with(**pieces):
    return type("MLP", (_MLP,), pieces)


def _curve(function):
    return _mlp_with(curve=staticmethod(function))


def _sized(size):
    """A hidden layer of another size than the given one."""
    return _mlp_with(__init__=lambda self, d_model, d_mlp: _MLP.__init__(self, d_model, size(d_model)))


def _with_norm(self, d_model, d_mlp):
    _MLP.__init__(self, d_model, d_mlp)
    self.norm = nn.LayerNorm(d_model)


ANSWER_KEY = AnswerKey(
    check=checks.MLP,
    expected=_expected_mlp,
    reference="HF's GPT2MLP",
    mistakes=(
        Mistake(
            "exact GELU",
            "the activation is the exact GELU, with erf; GPT-2's has tanh",
            "your own gelu, or F.gelu with approximate set",
            _curve(F.gelu),
        ),
        Mistake(
            "sigmoid form",
            "the activation is x · sigmoid(1.702 x)",
            "which function did you write in the exercise before?",
            _curve(lambda x: x * torch.sigmoid(1.702 * x)),
        ),
        Mistake("ReLU", "the activation is ReLU", "which activation does GPT-2 have?", _curve(F.relu)),
        Mistake("SiLU", "the activation is SiLU", "which activation does GPT-2 have?", _curve(F.silu)),
        Mistake("tanh", "the activation is tanh", "which activation does GPT-2 have?", _curve(torch.tanh)),
        Mistake(
            "no activation",
            "nothing happens between the two products, so that they could as well be one",
            "what stands between W_in and W_out?",
            _curve(lambda x: x),
        ),
        Mistake(
            "activation at the end",
            "the activation comes after the second product, not between the two",
            "which of your two lines is it in?",
            _mlp_with(forward=lambda self, x: self.curve(self.narrow(self.widen(x)))),
        ),
        Mistake(
            "activation twice",
            "the activation comes after both products; what is written to the stream has none",
            "may an MLP subtract from the stream as much as it adds?",
            _mlp_with(forward=lambda self, x: self.curve(_MLP.forward(self, x))),
        ),
        Mistake(
            "activation first",
            "the activation meets x itself, before the first product",
            "which numbers are the neurons?",
            _mlp_with(forward=lambda self, x: self.narrow(self.widen(self.curve(x)))),
        ),
        Mistake(
            "b_in unused",
            "b_in is there but is never added",
            "each of the two products has a bias",
            _mlp_with(widen=lambda self, x: x.matmul(self.W_in)),
        ),
        Mistake(
            "b_out unused",
            "b_out is there but is never added",
            "each of the two products has a bias",
            _mlp_with(narrow=lambda self, post: post.matmul(self.W_out)),
        ),
        Mistake(
            "biases unused",
            "the biases are there but are never added",
            "each of the two products has a bias",
            _mlp_with(
                widen=lambda self, x: x.matmul(self.W_in), narrow=lambda self, post: post.matmul(self.W_out)
            ),
        ),
        Mistake(
            "b_in after the activation",
            "b_in is added after the activation, and so cannot decide where a neuron begins to fire",
            "what does the activation see?",
            _mlp_with(forward=lambda self, x: self.narrow(self.curve(x.matmul(self.W_in)) + self.b_in)),
        ),
        Mistake(
            "residual added inside",
            "x is added to the result: that is done outside, by whoever owns the residual stream",
            "what does the last line add?",
            _mlp_with(forward=lambda self, x: x + _MLP.forward(self, x)),
        ),
        Mistake(
            "LayerNorm inside",
            "x goes through a LayerNorm first: in GPT-2 that is a module of its own, outside the MLP",
            "what is given to your MLP has been normalised already",
            _mlp_with(__init__=_with_norm, forward=lambda self, x: _MLP.forward(self, self.norm(x))),
        ),
        Mistake(
            "d_model neurons",
            "the hidden layer has d_model numbers, whatever d_mlp says",
            "the shape of W_in: d_model d_mlp",
            _sized(lambda d_model: d_model),
        ),
        Mistake(
            "4 · d_model neurons",
            "the hidden layer has 4 · d_model numbers, whatever d_mlp says",
            "GPT-2's d_mlp is 4 · d_model, and yours is what the module is told",
            _sized(lambda d_model: 4 * d_model),
        ),
        Mistake(
            "W_in used twice",
            "W_in, turned over, serves as W_out as well",
            "which weight leads back to d_model?",
            _mlp_with(narrow=lambda self, post: post.matmul(self.W_in.T) + self.b_out),
        ),
        Mistake(
            "weights that cannot learn",
            "the values are right, but the weights are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _mlp_with(make=staticmethod(lambda tensor: tensor)),
        ),
        Mistake(
            "dropout in training",
            "in train mode some numbers are dropped",
            "GPT-2 as we build it has no dropout here",
            _mlp_with(forward=lambda self, x: F.dropout(_MLP.forward(self, x), 0.1, self.training)),
        ),
        Mistake(
            "dropout always",
            "some numbers are dropped at random, also in eval mode",
            "GPT-2 as we build it has no dropout here; F.dropout is on unless told otherwise",
            _mlp_with(forward=lambda self, x: F.dropout(_MLP.forward(self, x), 0.1)),
        ),
        Mistake(
            "positions mixed",
            "every position gets the mean of all positions",
            "each token alone: no sum or mean over the positions",
            _mlp_with(forward=lambda self, x: _MLP.forward(self, x).mean(1, keepdim=True).expand_as(x)),
        ),
        Mistake(
            "last position only",
            "only the last position comes back",
            "every token has its own result",
            _mlp_with(forward=lambda self, x: _MLP.forward(self, x)[:, -1:]),
        ),
        Mistake(
            "the neurons returned",
            "the neurons come back; the way back to d_model is missing",
            "how many numbers does the residual stream take?",
            _mlp_with(forward=lambda self, x: self.curve(self.widen(x))),
        ),
    ),
)
