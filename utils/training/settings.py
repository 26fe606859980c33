"""The settings of a training run, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training run, which with the model and the text determine it completely."""

    end_of_text: int
    """The id before and after every story."""
    batch_size: int
    """Windows in a batch."""
    seq: int
    """Tokens in a window, of which all but the first are predicted."""
    total_steps: int
    """Optimiser steps in the whole run, which the learning rate schedule spans."""
    warmup_steps: int
    """Optimiser steps in which the learning rate rises."""
    max_lr: float
    min_lr: float
    accumulate: int = 1
    """Batches whose gradients are accumulated for one step."""
    weight_decay: float = 0.1
    """Weight decay of the matrices; biases and gains do not decay."""
    betas: tuple[float, float] = (0.9, 0.99)
    """AdamW's decay rates of the two moments. 0.99, not 0.999: an average over a thousand steps is too long
    for a run of a few thousand."""
    max_norm: float = 1.0
    """The norm to which larger gradients are clipped."""
    seed: int = 0
    """The seed of the batches."""

    @property
    def tokens_per_step(self) -> int:
        """Tokens in one step of the optimiser."""
        return self.accumulate * self.batch_size * self.seq
