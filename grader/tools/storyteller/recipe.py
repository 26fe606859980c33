"""The storyteller's hyperparameters: model sizes and training."""

from dataclasses import dataclass

from utils.reference import ModelConfig
from utils.training import TrainingSettings


@dataclass(frozen=True)
class TrainingRecipe:
    """The hyperparameters of a training, except for its length."""

    d_model: int = 96
    """With 50,257 rows of this width in float16, the file stays below 10.7 MB."""
    n_heads: int = 4
    n_layers: int = 4
    n_ctx: int = 256
    """Two or three stories. Also the length of a training window, so that every position is trained."""
    embedding_scale: float = 5.0
    """The scale of the initial embeddings, relative to GPT-2's 0.02: rows of length about 1. Names occur in
    the same contexts; until the model has learned to copy them, only their initial rows distinguish them."""
    weights_scale: float = 3.0
    """The scale of the blocks' initial weights, relative to GPT-2's for d_model 768: about √(768/d_model)."""
    batch_size: int = 4
    weight_decay: float = 0.01
    """Small: no story is repeated, so that there is nothing to memorise, and decay would erase the
    differences between rare names."""
    max_lr: float = 2e-3
    min_lr: float = 2e-5
    warmup_steps: int = 300
    tokens: int = 34_000_000
    """The default number of training tokens."""
    first_kind: str = "singing"
    first_chunks: int = 2
    """The first chunks have stories of the first kind only: in songs, whose names repeat, induction heads
    form within a thousand steps; among all stories not within ten thousand."""
    chunk_tokens: int = 1_000_000
    """Tokens per chunk of new stories; no chunk is used twice."""
    vocabulary_tokens: int = 2_000_000
    """Tokens of stories that are searched for the ids in use: the rarest word occurs dozens of times."""
    validation_tokens: int = 10_000
    """Tokens for the validation loss in reports during training."""
    final_tokens: int = 20_000
    """Tokens for the measurement of the exported model."""
    card_stories: int = 20
    """Stories in the card for each sampler: the first ones, not selected."""
    report_steps: int = 500
    """Steps between two reports, each with a checkpoint: at most this many are lost."""
    seed: int = 0

    def config(self, d_vocab: int) -> ModelConfig:
        """Returns the model's sizes for a vocabulary of `d_vocab` rows."""
        return ModelConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            d_head=self.d_model // self.n_heads,
            d_mlp=4 * self.d_model,
            n_layers=self.n_layers,
            d_vocab=d_vocab,
            n_ctx=self.n_ctx,
            layer_norm_eps=1e-5,
        )

    def settings(self, end_of_text: int, tokens: int) -> TrainingSettings:
        """Returns the settings of a training on about `tokens` tokens."""
        total_steps = max(tokens // self.tokens_per_step, 1)
        return TrainingSettings(
            end_of_text=end_of_text,
            batch_size=self.batch_size,
            seq=self.n_ctx,
            total_steps=total_steps,
            warmup_steps=max(min(self.warmup_steps, total_steps // 10), 1),
            max_lr=self.max_lr,
            min_lr=self.min_lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
        )

    @property
    def tokens_per_step(self) -> int:
        """Training tokens per step."""
        return self.batch_size * self.n_ctx

    @property
    def chunk_steps(self) -> int:
        """Training steps per chunk of stories."""
        return max(self.chunk_tokens // self.tokens_per_step, 1)
