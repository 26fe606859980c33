"""Training curves of small models with different kinds of blocks, in the file beside this module.

`python -m grader.tools.block_curves` has made it, with the trainer of week 11, on stories of the story world.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Setting:
    """What differs from run to run."""

    blocks: str
    """The kind of the blocks: pre-norm, post-norm or parallel."""
    weights: str
    """The initial weights of the blocks: `small` are GPT-2's, by week 7's init_weights; the matrices of
    `large` have a standard deviation of 1 over the root of the number of terms in each sum.
    """
    max_lr: float
    warmup_steps: int
    seed: int
    """Of the initial weights, and of the batches."""


@dataclass(frozen=True)
class Run:
    """One trained model."""

    setting: Setting
    losses: tuple[float, ...]
    """The mean training loss of every ten steps, in nats per token."""


@dataclass(frozen=True)
class BlockCurves:
    """All runs, and what they have in common."""

    machine: str
    versions: Mapping[str, str]
    common: Mapping[str, Any]
    """The sizes of the models and of the training, by name."""
    runs: Sequence[Run]

    @property
    def steps(self) -> list[float]:
        """The middle of each ten steps."""
        every = self.common["steps_per_point"]
        return [every * point + (every + 1) / 2 for point in range(len(self.runs[0].losses))]

    def losses(self, **wanted: Any) -> Float[Tensor, "seed point"]:
        """Return the curves of the runs with these settings, such as blocks="parallel", max_lr=0.003.

        Raises:
            ValueError: no run has these settings.
        """
        import torch

        found = [run.losses for run in self.runs if wanted.items() <= asdict(run.setting).items()]
        if not found:
            raise ValueError(f"None of the runs has the settings {wanted}.")
        return torch.tensor(found)

    def text(self) -> str:
        """Return the content of the file, with a line for each run."""
        head = {"machine": self.machine, "versions": dict(self.versions), "common": dict(self.common)}
        rows = [json.dumps({**asdict(run.setting), "losses": run.losses}) for run in self.runs]
        listed = ",\n  ".join(rows)
        return f'{json.dumps(head, indent=1)[:-2]},\n "runs": [\n  {listed}\n ]\n}}\n'


def load_block_curves(path: Path = FILE) -> BlockCurves:
    """Return the curves of a file, by default of the one that comes with the course."""
    content = json.loads(path.read_text(encoding="utf-8"))
    runs = [Run(losses=tuple(entry.pop("losses")), setting=Setting(**entry)) for entry in content["runs"]]
    return BlockCurves(content["machine"], content["versions"], content["common"], runs)
