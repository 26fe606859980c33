"""The settings of a training run, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingSettings:
    """All that decides a training run beside the model and the text: two runs with the same are the same."""

    end_of_text: int
    """The id that stands before and after every story."""
    batch_size: int
    """Windows in a batch."""
    seq: int
    """Tokens in a window; one fewer of them are predicted."""
    total_steps: int
    """Steps of the optimiser in the whole run, on which the learning rate is planned."""
    warmup_steps: int
    """Steps in which the learning rate rises."""
    max_lr: float
    min_lr: float
    accumulate: int = 1
    """Batches whose gradients are added up for one step."""
    weight_decay: float = 0.1
    """Of the weights; biases and gains do not decay."""
    betas: tuple[float, float] = (0.9, 0.99)
    """How long AdamW remembers gradients and their squares. 0.99, not 0.999: a run of a few thousand steps
    has no time for a memory of a thousand."""
    max_norm: float = 1.0
    """The norm to which larger gradients are clipped."""
    seed: int = 0
    """Of the batches."""

    @property
    def tokens_per_step(self) -> int:
        """Tokens that one step of the optimiser sees."""
        return self.accumulate * self.batch_size * self.seq
