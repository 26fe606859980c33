"""A fake of Trainer for the checks of checkpoints, so that a mistake in `Trainer` fails no other check.

It has a trainer's attributes, and its next step depends on every one of them. Its training task has no other
purpose.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.fakes.trainable_model import SmallModel, Weights
from utils.training import TrainingSettings


class SmallOptimizer:
    """Gradient descent with momentum, with the methods of week 10's AdamW."""

    def __init__(self, model: nn.Module, lr: float):
        self.parameters = list(model.parameters())
        self.velocities = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.lr, self.steps = lr, 0

    @torch.no_grad()
    def step(self) -> None:
        """Takes one step along the gradients; the step size falls with the number of steps."""
        self.steps += 1
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            assert parameter.grad is not None  # `train` calls backward before every step
            velocity.mul_(0.9).add_(parameter.grad)
            parameter.sub_(self.lr / self.steps * velocity)

    def zero_grad(self) -> None:
        """Sets the gradients to None."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Returns everything that the next step depends on, apart from the weights and their gradients."""
        return {"steps": self.steps, "lr": self.lr, "velocities": [each.clone() for each in self.velocities]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores a state that `state_dict` returned."""
        self.steps = state["steps"]
        self.lr = state["lr"]
        for current, saved in zip(self.velocities, state["velocities"], strict=True):
            current.copy_(saved)


class SmallRun:
    """A training run with `model`, `optimizer`, `generator`, `settings`, `step` and `losses`."""

    def __init__(
        self, weights: Weights, settings: dict[str, Any], on_step: Callable[[int], None] = lambda step: None
    ):
        self.model = SmallModel(weights)
        self.settings = TrainingSettings(**settings)
        self.optimizer = SmallOptimizer(self.model, self.settings.max_lr)
        self.generator = torch.Generator().manual_seed(self.settings.seed)
        self.step = 0
        self.losses: list[float] = []
        self._on_step = on_step

    def train(self, n_steps: int) -> None:
        """Takes `n_steps` steps towards small logits, on random tokens."""
        for _ in range(n_steps):
            self._on_step(self.step)
            self.optimizer.zero_grad()
            loss = self.model(self._batch()).square().mean() / (1 + self.step)
            loss.backward()
            self.optimizer.step()
            self.step += 1
            self.losses.append(loss.item())

    def _batch(self) -> Tensor:
        size = (self.settings.batch_size, self.settings.seq)
        return torch.randint(self.model.config.d_vocab, size, generator=self.generator)

    def state(self) -> dict[str, Any]:
        """Returns a copy of the whole state as plain data."""
        return {
            "model": self.model.numbers(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "losses": list(self.losses),
        }
