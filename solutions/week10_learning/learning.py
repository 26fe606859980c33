# ---
# jupyter:
#   course:
#     parts_only: true
# ---

# %% [markdown]
# # Week 10 · Loss, gradients, optimisers
#
# The parts that later weeks start from.

# %% tags=["set-up"]
import math
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "next_token_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def next_token_loss(
    logits: Float[Tensor, "batch seq d_vocab"], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, ""]:
    """The mean of −log p of each token given those before it, in nats: position i is judged by token i + 1."""
    ### BEGIN SOLUTION
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    return -log_probs.gather(-1, tokens[:, 1:, None]).mean()
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "AdamW", "locked": false, "schema_version": 3, "solution": true, "task": false}
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2).

    `groups` are dicts with "params" and "weight_decay"; each step moves every parameter that has a gradient. `lr` may
    be changed between steps.
    """

    def __init__(
        self,
        groups: Sequence[dict],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        ### BEGIN SOLUTION
        self.groups, self.lr, self.betas, self.eps, self.steps = list(groups), lr, betas, eps, 0
        self.moments = {
            p: (torch.zeros_like(p), torch.zeros_like(p)) for group in self.groups for p in group["params"]
        }
        ### END SOLUTION

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients."""
        ### BEGIN SOLUTION
        self.steps += 1
        beta_1, beta_2 = self.betas
        for group in self.groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                mean, square = self.moments[parameter]
                mean.lerp_(parameter.grad, 1 - beta_1)
                square.lerp_(parameter.grad.square(), 1 - beta_2)
                unbiased_mean = mean / (1 - beta_1**self.steps)
                unbiased_square = square / (1 - beta_2**self.steps)
                parameter.mul_(1 - self.lr * group["weight_decay"])
                parameter.sub_(self.lr * unbiased_mean / (unbiased_square.sqrt() + self.eps))
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Forgets the gradients of the last step."""
        ### BEGIN SOLUTION
        for parameter in self.moments:
            parameter.grad = None
        ### END SOLUTION

    def state_dict(self) -> dict:
        """All that a later run needs to go on just here: steps, lr and moments, in the order of the groups."""
        ### BEGIN SOLUTION
        return {"steps": self.steps, "lr": self.lr, "moments": list(self.moments.values())}
        ### END SOLUTION

    def load_state_dict(self, state: dict) -> None:
        """Takes over what `state_dict` gave."""
        ### BEGIN SOLUTION
        self.steps, self.lr = state["steps"], state["lr"]
        for kept, saved in zip(self.moments.values(), state["moments"], strict=True):
            for mine, theirs in zip(kept, saved, strict=True):
                mine.copy_(theirs)
        ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "clip_grad_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_grad_norm(parameters: Iterable[nn.Parameter], max_norm: float) -> Float[Tensor, ""]:
    """Shrinks all gradients together, in place, so that their common norm is at most `max_norm`; returns the norm
    that they had before.
    """
    ### BEGIN SOLUTION
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    for gradient in gradients:
        gradient.mul_(torch.clamp(max_norm / (norm + 1e-6), max=1.0))
    return norm
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "lr_schedule", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lr_schedule(step: int, warmup_steps: int, total_steps: int, max_lr: float, min_lr: float) -> float:
    """The learning rate of step 0, 1, …: up in a straight line to `max_lr` at the last warm-up step, then down along
    half a cosine to `min_lr` at the last step, and `min_lr` from there on.
    """
    ### BEGIN SOLUTION
    if step < warmup_steps:
        return max_lr * (step + 1) / warmup_steps
    progress = min((step + 1 - warmup_steps) / (total_steps - warmup_steps), 1.0)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
    ### END SOLUTION


# %% tags=["work", "part"] nbgrader={"grade": false, "grade_id": "decay_groups", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Two groups for AdamW: weights (names that begin with W) decay; biases and gains do not."""
    ### BEGIN SOLUTION
    weights, others = [], []
    for name, parameter in model.named_parameters():
        own_name = name.rsplit(".", 1)[-1]
        (weights if own_name.startswith("W") else others).append(parameter)
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    ### END SOLUTION
