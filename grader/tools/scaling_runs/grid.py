"""What is trained: the settings that all runs have in common, and those in which they differ."""

from dataclasses import dataclass

from utils.reference import ModelConfig
from utils.training.scaling_runs import Setting

WIDTHS = (8, 12, 16)
"""Of the models to which the law is fitted."""
HELD_OUT = (24, 32)
"""Of the models whose losses are predicted."""
STEPS = 600
SEEDS = (0, 1)


@dataclass(frozen=True)
class Common:
    """Sizes of the models and of their training."""

    n_heads: int = 4
    n_layers: int = 2
    seq: int = 104
    """As week 11: every story fits into a window."""
    batch_size: int = 8
    max_lr: float = 0.01
    """The largest learning rate at the width below; at others it falls with the root of the width."""
    max_lr_width: int = 8
    warmup: float = 0.1
    """The part of the steps in which the learning rate rises."""
    final_lr: float = 0.1
    """The learning rate of the last step, as a fraction of the largest one."""
    kinds: tuple[str, ...] = ("rest", "banks")
    text_tokens: int = 800_000
    text_seed: int = 0
    val_share: float = 0.02
    steps_per_point: int = 20

    def config(self, d_model: int, d_vocab: int) -> ModelConfig:
        """Returns the sizes of a model whose vocabulary has `d_vocab` rows."""
        return ModelConfig(
            d_model=d_model,
            n_heads=self.n_heads,
            d_head=d_model // self.n_heads,
            d_mlp=4 * d_model,
            n_layers=self.n_layers,
            d_vocab=d_vocab,
            n_ctx=self.seq,
            layer_norm_eps=1e-5,
        )


GRID = (
    *(Setting(width, STEPS, seed) for seed in SEEDS for width in WIDTHS),
    *(Setting(width, STEPS, SEEDS[0]) for width in HELD_OUT),
)
"""All settings, one seed after the other, so that what is there early is complete for some seeds."""
