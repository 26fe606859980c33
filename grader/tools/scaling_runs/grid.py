"""What is trained: the settings that all runs have in common, and those in which they differ."""

from dataclasses import dataclass

from utils.reference import ModelConfig
from utils.training.scaling_runs import Setting

WIDTHS = (8, 12, 20, 32)
"""Each about twice as many parameters as the one before."""
STEPS = 400
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
    """One rate for all sizes."""
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


GRID = tuple(Setting(width, STEPS, seed) for seed in SEEDS for width in WIDTHS)
"""All settings, one seed after the other, so that what is there early is complete for some seeds."""
