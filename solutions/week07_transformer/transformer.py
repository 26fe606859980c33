# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 7 · The whole machine
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import torch
from jaxtyping import Float, Int
from parts import MLP, Embed, LayerNorm, MultiHeadAttention, PosEmbed, Unembed, embed_tokens
from torch import Tensor, nn

from utils.reference import ModelConfig


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "TransformerBlock", "locked": false, "schema_version": 3, "solution": true, "task": false}
class TransformerBlock(nn.Module):
    """One block: attention, then MLP. Each reads the residual stream through a LayerNorm and adds to it."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        ### BEGIN SOLUTION
        self.ln_1 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.attn = MultiHeadAttention(config.d_model, config.n_heads, config.d_head)
        self.ln_2 = LayerNorm(config.d_model, config.layer_norm_eps)
        self.mlp = MLP(config.d_model, config.d_mlp)
        ### END SOLUTION

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        ### BEGIN SOLUTION
        resid = resid + self.attn(self.ln_1(resid))
        return resid + self.mlp(self.ln_2(resid))
        ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "GPT2", "locked": false, "schema_version": 3, "solution": true, "task": false}
class GPT2(nn.Module):
    """The whole machine: embed, the blocks, ln_f, unembed. Its parts: embed, pos_embed, blocks, ln_f, unembed."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        ### BEGIN SOLUTION
        self.config = config
        self.embed = Embed(config.d_vocab, config.d_model)
        self.pos_embed = PosEmbed(config.n_ctx, config.d_model)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layers))
        self.ln_f = LayerNorm(config.d_model, config.layer_norm_eps)
        self.unembed = Unembed(self.embed)
        ### END SOLUTION

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits for the next token at every position.

        Raises:
            ValueError: the prompts are longer than n_ctx.
        """
        ### BEGIN SOLUTION
        if tokens.shape[1] > self.config.n_ctx:
            raise ValueError(
                f"{tokens.shape[1]} tokens are more than this model's n_ctx of {self.config.n_ctx}."
            )
        resid = embed_tokens(tokens, self.embed, self.pos_embed)
        for block in self.blocks:
            resid = block(resid)
        return self.unembed(self.ln_f(resid))
        ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "init_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def init_weights(model: GPT2, seed: int) -> GPT2:
    """GPT-2's first weights, drawn from `seed`: normal with standard deviation 0.02, and 0.02/√(2·n_layers) for what
    writes to the residual stream (W_O and W_out), biases 0, gains 1. Changes the model in place and returns it.
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    into_the_stream = 0.02 / (2 * model.config.n_layers) ** 0.5
    for name, parameter in model.named_parameters():
        kind = name.rsplit(".", 1)[-1]
        with torch.no_grad():
            if kind == "gain":
                parameter.fill_(1.0)
            elif kind.startswith("b"):
                parameter.fill_(0.0)
            else:
                parameter.normal_(
                    0.0, into_the_stream if kind in {"W_O", "W_out"} else 0.02, generator=generator
                )
    return model
    ### END SOLUTION
