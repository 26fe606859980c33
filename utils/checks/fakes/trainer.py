"""Stands in for a Trainer where checkpoints are checked, so that a mistake in `Trainer` fails no other check.

It has a trainer's attributes, and its next step depends on every one of them. What it learns is of no use.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from utils.checks.fakes.trainable_model import SmallModel, Weights
from utils.training import TrainingSettings


class SmallOptimizer:
    """Gradient descent with momentum, with the methods that week 10's AdamW has."""

    def __init__(self, model: nn.Module, lr: float):
        self.parameters = list(model.parameters())
        self.velocities = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.lr, self.steps = lr, 0

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients; later ones are shorter."""
        self.steps += 1
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            velocity.mul_(0.9).add_(parameter.grad)
            parameter -= self.lr / self.steps * velocity

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """All that the next step depends on, beside the weights and their gradients."""
        return {"steps": self.steps, "lr": self.lr, "velocities": [each.clone() for each in self.velocities]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        self.steps = state["steps"]
        self.lr = state["lr"]
        for mine, saved in zip(self.velocities, state["velocities"], strict=True):
            mine.copy_(saved)


class SmallRun:
    """A training run: `model`, `optimizer`, `generator`, `settings`, `step` and `losses`."""

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
        """So many steps towards small logits, on random tokens."""
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
        """Everything as plain data, copied."""
        return {
            "model": self.model.numbers(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "losses": list(self.losses),
        }
