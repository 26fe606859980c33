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
