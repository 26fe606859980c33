"""Parts of a GPT-2, on torch's ready-made functions, that the week's mistakes are built from."""

import torch
from torch import nn
from torch.nn import functional as F

from utils.answers.compare import STEP, Tolerance

DEEP = Tolerance(
    1e-4, 1e-4, "float32 holds 7 digits, and what one block rounds the next ones multiply", 128 * STEP
)


class Norm(nn.Module):
    """LayerNorm with gain and bias."""

    def __init__(self, width, eps):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x):
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, self.eps)


class Heads(nn.Module):
    """Attention with all heads."""

    def __init__(self, config):
        super().__init__()
        width, shape = config.d_model, (config.n_heads, config.d_head)
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(torch.zeros(shape[0], width, shape[1])))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(shape)))
        self.W_O, self.b_O = nn.Parameter(torch.zeros(*shape, width)), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        q, k, v = (
            torch.matmul(x[:, None], getattr(self, f"W_{letter}")) + getattr(self, f"b_{letter}")[:, None]
            for letter in "QKV"
        )
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return torch.tensordot(z.movedim(1, 2), self.W_O, dims=2) + self.b_O


class Neurons(nn.Module):
    """The MLP."""

    W_in: nn.Parameter
    b_in: nn.Parameter
    W_out: nn.Parameter
    b_out: nn.Parameter

    def __init__(self, config):
        super().__init__()
        for name, shape in {
            "in": (config.d_model, config.d_mlp),
            "out": (config.d_mlp, config.d_model),
        }.items():
            setattr(self, f"W_{name}", nn.Parameter(torch.zeros(shape)))
            setattr(self, f"b_{name}", nn.Parameter(torch.zeros(shape[1])))

    def forward(self, x):
        post = F.gelu(F.linear(x, self.W_in.T, self.b_in), approximate="tanh")
        return F.linear(post, self.W_out.T, self.b_out)


class Block(nn.Module):
    """A block's four parts; each mistake has a forward of its own."""

    def __init__(self, config):
        super().__init__()
        eps = self.eps_of(config)
        self.ln_1, self.ln_2 = (Norm(config.d_model, eps) for _ in range(2))
        self.attn, self.mlp = Heads(config), Neurons(config)

    @staticmethod
    def eps_of(config):
        return config.layer_norm_eps

    def forward(self, x):
        after = self.attn(self.ln_1(x)).add(x)
        return self.mlp(self.ln_2(after)).add(after)


def block_with(forward, base=Block):
    """Return a class of block with this forward."""
    return type(base.__name__, (base,), {"forward": forward})
