# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 4 · The per-token half
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "LayerNorm", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LayerNorm(nn.Module):
    """Brings each vector to mean 0 and variance 1, then stretches it by `gain` and shifts it by `bias`."""

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        ### BEGIN SOLUTION
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        ### BEGIN SOLUTION
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = centred.pow(2).mean(dim=-1, keepdim=True)
        return centred / torch.sqrt(variance + self.eps) * self.gain + self.bias
        ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "gelu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2's GELU, the form with tanh (Hendrycks and Gimpel, 2016, section 2)."""
    ### BEGIN SOLUTION
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "MLP", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MLP(nn.Module):
    """Each token's vector by itself: out to d_mlp numbers, through GELU, and back to d_model."""

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_in = nn.Parameter(torch.randn(d_model, d_mlp) * 0.02)
        self.b_in = nn.Parameter(torch.zeros(d_mlp))
        self.W_out = nn.Parameter(torch.randn(d_mlp, d_model) * 0.02)
        self.b_out = nn.Parameter(torch.zeros(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        ### BEGIN SOLUTION
        return gelu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out
        ### END SOLUTION
