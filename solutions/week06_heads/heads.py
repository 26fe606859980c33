# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 6 · Many heads
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import torch
from einops import einsum
from jaxtyping import Float
from parts import attention_pattern, weighted_values
from torch import Tensor, nn


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "MultiHeadAttention", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """All heads of a block: each reads for itself, and what they read is written back as a sum.

    Parameters W_Q, W_K, W_V [n_heads, d_model, d_head], b_Q, b_K, b_V [n_heads, d_head], W_O [n_heads, d_head, d_model]
    and b_O [d_model].
    """

    def __init__(self, d_model: int, n_heads: int, d_head: int):
        super().__init__()
        ### BEGIN SOLUTION
        for letter in "QKV":
            setattr(self, f"W_{letter}", nn.Parameter(torch.randn(n_heads, d_model, d_head) * 0.02))
            setattr(self, f"b_{letter}", nn.Parameter(torch.zeros(n_heads, d_head)))
        self.W_O = nn.Parameter(torch.randn(n_heads, d_head, d_model) * 0.02)
        self.b_O = nn.Parameter(torch.zeros(d_model))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        ### BEGIN SOLUTION
        q, k, v = (
            einsum(x, W, "batch seq d_model, heads d_model d_head -> batch heads seq d_head") + b[:, None, :]
            for W, b in ((self.W_Q, self.b_Q), (self.W_K, self.b_K), (self.W_V, self.b_V))
        )
        z = weighted_values(attention_pattern(q, k), v)
        return (
            einsum(z, self.W_O, "batch heads seq d_head, heads d_head d_model -> batch seq d_model")
            + self.b_O
        )
        ### END SOLUTION
