# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 3 · Words and places become directions
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "Embed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Embed(nn.Module):
    """A vector for each token: row `id` of W_E [d_vocab, d_model]."""

    def __init__(self, d_vocab: int, d_model: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_E = nn.Parameter(torch.randn(d_vocab, d_model) * 0.02)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        ### BEGIN SOLUTION
        return self.W_E[tokens]
        ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "PosEmbed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PosEmbed(nn.Module):
    """A vector for each place: the first `seq` rows of W_pos [n_ctx, d_model], the same for every prompt."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        ### BEGIN SOLUTION
        self.W_pos = nn.Parameter(torch.randn(n_ctx, d_model) * 0.02)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        ### BEGIN SOLUTION
        batch, seq = tokens.shape
        return self.W_pos[:seq].expand(batch, -1, -1)
        ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "embed_tokens", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed_tokens(
    tokens: Int[Tensor, "batch seq"], embed: Embed, pos_embed: PosEmbed
) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream begins: each token's vector plus its place's vector."""
    ### BEGIN SOLUTION
    return embed(tokens) + pos_embed(tokens)
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "Unembed", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Unembed(nn.Module):
    """Logits: how well each position's vector matches each token's row of W_E. GPT-2 ties the two: the same W_E."""

    def __init__(self, embed: Embed):
        super().__init__()
        ### BEGIN SOLUTION
        self.embed = embed
        ### END SOLUTION

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_vocab"]:
        ### BEGIN SOLUTION
        return resid @ self.embed.W_E.T
        ### END SOLUTION
