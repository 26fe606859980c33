# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 8 · GPT-2's weights in your machine
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import torch
from einops import rearrange
from jaxtyping import Float, Int
from parts import GPT2, log_softmax
from torch import Tensor, nn

from utils.reference import ModelConfig


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "name_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def name_map(config: ModelConfig) -> dict[str, tuple[str, ...]]:
    """For each name in HF's state dict, the names in GPT2's own state dict that its tensor fills.

    c_attn fills three, in the order Q, K, V; every other name fills one. Every name of either side is used once.
    """
    ### BEGIN SOLUTION
    names = {"transformer.wte.weight": ("embed.W_E",), "transformer.wpe.weight": ("pos_embed.W_pos",)}
    in_a_block = {
        "ln_1.weight": ("ln_1.gain",),
        "ln_1.bias": ("ln_1.bias",),
        "attn.c_attn.weight": ("attn.W_Q", "attn.W_K", "attn.W_V"),
        "attn.c_attn.bias": ("attn.b_Q", "attn.b_K", "attn.b_V"),
        "attn.c_proj.weight": ("attn.W_O",),
        "attn.c_proj.bias": ("attn.b_O",),
        "ln_2.weight": ("ln_2.gain",),
        "ln_2.bias": ("ln_2.bias",),
        "mlp.c_fc.weight": ("mlp.W_in",),
        "mlp.c_fc.bias": ("mlp.b_in",),
        "mlp.c_proj.weight": ("mlp.W_out",),
        "mlp.c_proj.bias": ("mlp.b_out",),
    }
    for layer in range(config.n_layers):
        for theirs, ours in in_a_block.items():
            names[f"transformer.h.{layer}.{theirs}"] = tuple(f"blocks.{layer}.{name}" for name in ours)
    names |= {"transformer.ln_f.weight": ("ln_f.gain",), "transformer.ln_f.bias": ("ln_f.bias",)}
    return names | {"lm_head.weight": ("unembed.embed.W_E",)}
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "split_c_attn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_c_attn(
    packed: Float[Tensor, "*d_model three_d_model"], n_heads: int
) -> tuple[
    Float[Tensor, "n_heads *d_model d_head"],
    Float[Tensor, "n_heads *d_model d_head"],
    Float[Tensor, "n_heads *d_model d_head"],
]:
    """What belongs to q, to k and to v in c_attn's weight [d_model, 3·d_model] or bias [3·d_model], head by head."""
    ### BEGIN SOLUTION
    by_head = rearrange(
        packed, "... (three n_heads d_head) -> three n_heads ... d_head", three=3, n_heads=n_heads
    )
    return tuple(by_head)
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "fix_conv1d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fix_conv1d(name: str, tensor: Float[Tensor, "..."], n_heads: int) -> tuple[Float[Tensor, "..."], ...]:
    """One tensor of HF's state dict in the forms in which GPT2 keeps it, as many as name_map has names for it.

    A Conv1D's weight has the axes (inputs, outputs), as W_in and W_out have.
    """
    ### BEGIN SOLUTION
    if ".c_attn." in name:
        return split_c_attn(tensor, n_heads)
    if name.endswith(".attn.c_proj.weight"):
        return (rearrange(tensor, "(n_heads d_head) d_model -> n_heads d_head d_model", n_heads=n_heads),)
    return (tensor,)
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "load_gpt2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_gpt2(state_dict: dict[str, Tensor], config: ModelConfig) -> GPT2:
    """A new GPT2 in float32 and eval mode that holds the weights of HF's state dict, in memory of its own.

    Raises:
        ValueError: a name is missing or unknown, a tensor has another shape than the config asks for, or lm_head's
            weight is not the embedding. The message says which.
    """
    ### BEGIN SOLUTION
    names = name_map(config)
    for name in names.keys() ^ state_dict.keys():
        raise ValueError(f"{name} is {'missing' if name in names else 'unknown'}.")
    if not torch.equal(state_dict["lm_head.weight"], state_dict["transformer.wte.weight"]):
        raise ValueError("lm_head.weight is not transformer.wte.weight: GPT2 ties them.")
    ours = {}
    for name, targets in names.items():
        try:
            ours |= zip(targets, fix_conv1d(name, state_dict[name], config.n_heads), strict=True)
        except RuntimeError as problem:
            raise ValueError(f"{name} has the shape {tuple(state_dict[name].shape)}: {problem}") from problem
    model = GPT2(config)
    model.load_state_dict(ours)
    return model.eval()
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "token_losses", "locked": false, "schema_version": 3, "solution": true, "task": false}
def token_losses(model: nn.Module, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq-1"]:
    """How surprised the model is by each token but the first: minus the log-probability that it gave to it.

    losses[b, i] is the loss, in nats, of token i + 1 of prompt b, guessed from tokens 0 to i.
    """
    ### BEGIN SOLUTION
    guesses = log_softmax(model(tokens)[:, :-1], dim=-1)
    came = tokens[:, 1:, None]
    return -guesses.gather(-1, came).squeeze(-1)
    ### END SOLUTION
