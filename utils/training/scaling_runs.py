"""Losses of small models of several sizes, all trained on the same stories, in the file beside this module.

`python -m grader.tools.scaling_runs` has made it, with the trainer of week 11, on that week's stories.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utils.training.settings import TrainingSettings

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Setting:
    """What differs from run to run."""

    d_model: int
    total_steps: int
    """Optimiser steps; the learning rate's schedule ends with the last of them."""
    seed: int
    """Of the initial weights, and of the batches."""


@dataclass(frozen=True)
class Run:
    """One trained model."""

    setting: Setting
    n_parameters: int
    """All parameters, the embeddings among them."""
    tokens: int
    """Tokens in all batches together."""
    val_loss: float
    """The loss on the validation stories at the end, in nats per predicted token."""
    losses: tuple[float, ...]
    """The mean training loss of every twenty steps, in nats per token."""


@dataclass(frozen=True)
class ScalingRuns:
    """All runs, and what they have in common."""

    machine: str
    versions: Mapping[str, str]
    common: Mapping[str, Any]
    """The sizes and settings that all runs share, by name."""
    runs: Sequence[Run]

    def settings(self, setting: Setting, end_of_text: int) -> TrainingSettings:
        """Return the settings for week 11's Trainer with which a run was trained.

        The largest learning rate falls with the root of the width: with one rate for all widths the wide
        models learn later, and the loss would not fall with size.
        """
        common, total_steps = self.common, setting.total_steps
        max_lr = common["max_lr"] * (common["max_lr_width"] / setting.d_model) ** 0.5
        return TrainingSettings(
            end_of_text=end_of_text,
            batch_size=common["batch_size"],
            seq=common["seq"],
            total_steps=total_steps,
            warmup_steps=int(common["warmup"] * total_steps),
            max_lr=max_lr,
            min_lr=common["final_lr"] * max_lr,
            seed=setting.seed,
        )

    def select(self, **wanted: int) -> list[Run]:
        """Return the runs with these settings, such as total_steps=400, the smallest models first.

        Raises:
            ValueError: no run has these settings.
        """
        found = [run for run in self.runs if wanted.items() <= asdict(run.setting).items()]
        if not found:
            raise ValueError(f"None of the runs has the settings {wanted}.")
        return sorted(found, key=lambda run: (run.n_parameters, run.tokens, run.setting.seed))

    def by_size(
        self, total_steps: int, d_models: Sequence[int]
    ) -> tuple[Float[Tensor, " size"], Float[Tensor, "size seed"]]:
        """Return the numbers of parameters, ascending, and the validation losses, of these widths.

        Raises:
            ValueError: there are no such runs of a width, or not as many seeds of each size.
        """
        import torch

        losses: dict[int, list[float]] = {}
        for run in (
            run for d_model in d_models for run in self.select(d_model=d_model, total_steps=total_steps)
        ):
            losses.setdefault(run.n_parameters, []).append(run.val_loss)
        if len({len(row) for row in losses.values()}) > 1:
            raise ValueError("Not all sizes have equally many seeds.")
        rows = [losses[size] for size in sorted(losses)]
        return torch.tensor(sorted(losses)).double(), torch.tensor(rows, dtype=torch.float64)

    def text(self) -> str:
        """Return the content of the file, with a line for each run."""
        head = {"machine": self.machine, "versions": dict(self.versions), "common": dict(self.common)}
        rows = [
            json.dumps({**asdict(run.setting), **{k: v for k, v in asdict(run).items() if k != "setting"}})
            for run in self.runs
        ]
        listed = ",\n  ".join(rows)
        return f'{json.dumps(head, indent=1)[:-2]},\n "runs": [\n  {listed}\n ]\n}}\n'


def load_scaling_runs(path: Path = FILE) -> ScalingRuns:
    """Return the runs of a file, by default of the one that comes with the course."""
    content = json.loads(path.read_text(encoding="utf-8"))
    runs = []
    for entry in content["runs"]:
        setting = Setting(*(entry.pop(name) for name in ("d_model", "total_steps", "seed")))
        runs.append(Run(setting, losses=tuple(entry.pop("losses")), **entry))
    return ScalingRuns(content["machine"], content["versions"], content["common"], runs)
