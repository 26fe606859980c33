"""The answer key of `SwiGLU`: HF's LlamaMLP."""

from types import SimpleNamespace

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week04_mlp as checks


def _expected_swiglu(x, weights, training):
    from transformers.models.llama.modeling_llama import LlamaMLP

    d_model, d_mlp = weights["W_in"].shape
    sizes = {"hidden_size": d_model, "intermediate_size": d_mlp}
    mlp = LlamaMLP(SimpleNamespace(**sizes, mlp_bias=False, hidden_act="silu"))
    layers = {"W_gate": mlp.gate_proj, "W_in": mlp.up_proj, "W_out": mlp.down_proj}
    with torch.no_grad():
        for name, layer in layers.items():
            layer.weight.copy_(weights[name].T)
        learned = sum(weight.numel() for weight in weights.values())
        return {"number of learned parameters": learned, "mlp_out": mlp(x)}


class _SwiGLU(nn.Module):
    """A gated MLP in pieces, of which each mistake replaces one."""

    def __init__(self, d_model, d_mlp):
        super().__init__()
        for name in ("W_gate", "W_in"):
            setattr(self, name, self.make(torch.zeros(d_model, d_mlp)))
        self.W_out = self.make(torch.zeros(d_mlp, d_model))

    make = staticmethod(nn.Parameter)

    def blend(self, gate, value):
        return value.mul(F.silu(gate))

    def forward(self, x):
        return self.blend(x.matmul(self.W_gate), x.matmul(self.W_in)).matmul(self.W_out)


def _swiglu_with(**pieces):
    return type("SwiGLU", (_SwiGLU,), pieces)


def _blend(function):
    return _swiglu_with(blend=lambda self, gate, value: function(gate, value))


def _with_biases(self, d_model, d_mlp):
    _SwiGLU.__init__(self, d_model, d_mlp)
    self.b_in, self.b_out = nn.Parameter(torch.zeros(d_mlp)), nn.Parameter(torch.zeros(d_model))


ANSWER_KEY = AnswerKey(
    check=checks.SwiGLU,
    expected=_expected_swiglu,
    reference="HF's LlamaMLP",
    mistakes=(
        Mistake(
            "gate and value swapped",
            "the activation is on the branch of W_in; it belongs to the gate",
            "which of the two products decides how much passes?",
            _blend(lambda gate, value: gate * F.silu(value)),
        ),
        Mistake(
            "activation on both",
            "both branches go through the activation",
            "only the gate has one",
            _blend(lambda gate, value: F.silu(gate) * F.silu(value)),
        ),
        Mistake(
            "activation on the product",
            "the activation comes after the two branches have been multiplied",
            "it belongs to the gate alone",
            _blend(lambda gate, value: F.silu(gate * value)),
        ),
        Mistake(
            "no activation",
            "the two branches are multiplied as they are",
            "what makes the gate a gate?",
            _blend(lambda gate, value: gate * value),
        ),
        Mistake(
            "branches added",
            "the two branches are added; a gate multiplies",
            "what should a gate of 0 let through?",
            _blend(lambda gate, value: F.silu(gate) + value),
        ),
        Mistake(
            "gate ignored",
            "W_gate is never used: this is a plain MLP",
            "three weights: which line uses each?",
            _blend(lambda gate, value: F.silu(value)),
        ),
        Mistake(
            "value ignored",
            "W_in is never used: the gate alone goes on",
            "three weights: which line uses each?",
            _blend(lambda gate, value: F.silu(gate)),
        ),
        Mistake(
            "sigmoid gate",
            "the gate is a sigmoid: that is the plain GLU",
            "SiLU is x · sigmoid(x): the x is missing",
            _blend(lambda gate, value: torch.sigmoid(gate) * value),
        ),
        Mistake(
            "GELU gate",
            "the gate is GELU's tanh form: that is GEGLU",
            "which activation does the S in SwiGLU stand for?",
            _blend(lambda gate, value: F.gelu(gate, approximate="tanh") * value),
        ),
        Mistake(
            "exact GELU gate",
            "the gate is the exact GELU: that is GEGLU",
            "which activation does the S in SwiGLU stand for?",
            _blend(lambda gate, value: F.gelu(gate) * value),
        ),
        Mistake(
            "ReLU gate",
            "the gate is ReLU: that is ReGLU",
            "which activation does the S in SwiGLU stand for?",
            _blend(lambda gate, value: F.relu(gate) * value),
        ),
        Mistake(
            "factor 1.702",
            "the sigmoid inside SiLU has a factor of 1.702, which belongs to a form of GELU",
            "SiLU is x · sigmoid(x)",
            _blend(lambda gate, value: gate * torch.sigmoid(1.702 * gate) * value),
        ),
        Mistake(
            "activation at the end",
            "what is written to the stream has been through the activation once more",
            "nothing comes after W_out",
            _swiglu_with(forward=lambda self, x: F.silu(_SwiGLU.forward(self, x))),
        ),
        Mistake(
            "residual added inside",
            "x is added to the result: that is done outside",
            "what does the last line add?",
            _swiglu_with(forward=lambda self, x: x + _SwiGLU.forward(self, x)),
        ),
        Mistake(
            "biases",
            "there are parameters too many: this MLP has no biases",
            "nn.Linear has a bias unless it is told otherwise",
            _swiglu_with(__init__=_with_biases),
        ),
        Mistake(
            "weights that cannot learn",
            "the values are right, but the weights are plain tensors: training would never touch them",
            "nn.Parameter(tensor) makes a tensor that the module's parameters() lists",
            _swiglu_with(make=staticmethod(lambda tensor: tensor)),
        ),
    ),
)
