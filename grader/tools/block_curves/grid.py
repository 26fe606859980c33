"""What is trained: the sizes that all runs have in common, and the settings in which they differ."""

from dataclasses import dataclass
from itertools import product

from utils.examples.block_curves import Setting
from utils.reference import ModelConfig
from utils.training import TrainingSettings

# Rates, warm-up, sizes and steps were chosen after shorter pilot runs, so that the kinds of blocks differ.
SEEDS = (0, 1)
RATES = (0.003, 0.01)
WARM_UP = 60


@dataclass(frozen=True)
class Common:
    """Sizes of the models and of their training."""

    d_model: int = 32
    n_heads: int = 4
    n_layers: int = 6
    """Enough for post-norm to train differently, and few enough for some hundred steps in seconds."""
    seq: int = 64
    batch_size: int = 8
    total_steps: int = 200
    final_lr: float = 0.1
    """The learning rate of the last step, as a fraction of the largest one."""
    text_tokens: int = 300_000
    """Tokens of stories; the 200 steps of a run take about a third as many from it."""
    steps_per_point: int = 10

    def config(self, d_vocab: int) -> ModelConfig:
        """Returns the sizes of a model whose vocabulary has `d_vocab` rows."""
        return ModelConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            d_head=self.d_model // self.n_heads,
            d_mlp=4 * self.d_model,
            n_layers=self.n_layers,
            d_vocab=d_vocab,
            n_ctx=self.seq,
            layer_norm_eps=1e-5,
        )

    def training(self, setting: Setting, end_of_text: int) -> TrainingSettings:
        """Returns the settings of a run for week 11's Trainer."""
        return TrainingSettings(
            end_of_text=end_of_text,
            batch_size=self.batch_size,
            seq=self.seq,
            total_steps=self.total_steps,
            warmup_steps=setting.warmup_steps,
            max_lr=setting.max_lr,
            min_lr=self.final_lr * setting.max_lr,
            seed=setting.seed,
        )


def _grid() -> list[Setting]:
    """Returns all settings, one seed after the other."""
    kinds = ("pre-norm", "post-norm", "parallel")
    beginnings = [("large", 0), ("large", WARM_UP), ("small", 0)]
    return [
        Setting(kind, weights, rate, warm_up, seed)
        for seed, (weights, warm_up), rate, kind in product(SEEDS, beginnings, RATES, kinds)
    ]


GRID = tuple(_grid())
