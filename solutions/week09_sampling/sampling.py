# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 9 · From probabilities to text
#
# The parts that later weeks start from.

# %% tags=["set-up"]
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from parts import softmax
from torch import Tensor


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "apply_temperature", "locked": false, "schema_version": 3, "solution": true, "task": false}
def apply_temperature(
    logits: Float[Tensor, "... d_vocab"], temperature: float
) -> Float[Tensor, "... d_vocab"]:
    """Logits divided by the temperature. At temperature 0, greedy: 0 for the largest logit, −inf for all others."""
    ### BEGIN SOLUTION
    if temperature == 0:
        best = torch.zeros_like(logits, dtype=torch.bool).scatter(
            -1, logits.argmax(dim=-1, keepdim=True), True
        )
        return torch.zeros_like(logits).masked_fill(~best, float("-inf"))
    return logits / temperature
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "sample_token", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_token(
    logits: Float[Tensor, "batch d_vocab"], generator: torch.Generator | None = None
) -> Int[Tensor, "batch"]:
    """One token for each row, drawn with the probabilities that softmax makes of its logits."""
    ### BEGIN SOLUTION
    return torch.multinomial(softmax(logits, dim=-1), num_samples=1, generator=generator)[:, 0]
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "generate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def generate(
    model: Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]],
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    n_ctx: int,
    temperature: float = 1.0,
    stop_token: int | None = None,
    seed: int | None = None,
) -> Int[Tensor, "batch longer"]:
    """The prompts, each continued by up to `n_new` tokens. The model is shown the last `n_ctx` of them at most.

    A row that has drawn `stop_token` is filled up with it; when all rows have, generation ends.
    """
    ### BEGIN SOLUTION
    generator = None if seed is None else torch.Generator(tokens.device).manual_seed(seed)
    done = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
    for _ in range(n_new):
        with torch.no_grad():
            logits = model(tokens[:, -n_ctx:])[:, -1]
        drawn = sample_token(apply_temperature(logits, temperature), generator)
        if stop_token is not None:
            drawn = drawn.masked_fill(done, stop_token)
            done |= drawn == stop_token
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
        if done.all():
            break
    return tokens
    ### END SOLUTION
