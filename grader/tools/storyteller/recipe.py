"""How large the storyteller is, and how it learns."""

from dataclasses import dataclass

from utils.reference import ModelConfig
from utils.training import TrainingSettings


@dataclass(frozen=True)
class TrainingRecipe:
    """All that is decided before a training begins, but for how long it is."""

    d_model: int = 96
    """With 50,257 rows of this width in float16, the file stays below 10.7 MB."""
    n_heads: int = 4
    n_layers: int = 4
    n_ctx: int = 256
    """Two or three stories; also the length of a training window, so that every position is learned."""
    embedding_scale: float = 5.0
    """First embeddings, times GPT-2's 0.02: rows of length about 1. Names stand in the same places; only the
    differences between their first rows tell them apart, until the model has learned to copy them."""
    weights_scale: float = 3.0
    """First weights of the blocks, times GPT-2's, which suit vectors of 768 numbers: about √(768/d_model)."""
    batch_size: int = 4
    weight_decay: float = 0.01
    """Little: no story comes twice, so there is nothing to learn by heart, and decay wears away what tells
    rare names apart."""
    max_lr: float = 2e-3
    min_lr: float = 2e-5
    warmup_steps: int = 300
    tokens: int = 34_000_000
    """What it reads when nobody says how much."""
    first_kind: str = "singing"
    first_chunks: int = 2
    """Chunks of stories of the first kind only, which come before all others: in songs whose names come round
    again the heads that copy form within a thousand steps, and among all stories not within ten thousand."""
    chunk_tokens: int = 1_000_000
    """New stories are told after so many tokens, so that none is learned twice."""
    vocabulary_tokens: int = 2_000_000
    """Tokens of stories that are searched for the ids in use: the rarest word comes dozens of times."""
    validation_tokens: int = 10_000
    """For the reports during the training."""
    final_tokens: int = 20_000
    """For the measurement of the finished file."""
    card_stories: int = 20
    """Stories in the card for each way of sampling: the first that come, unselected."""
    report_steps: int = 500
    """Steps between two reports, each with a checkpoint: at most so many are lost."""
    seed: int = 0

    def config(self, d_vocab: int) -> ModelConfig:
        """The model's sizes over a vocabulary of `d_vocab` rows."""
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
        """The settings of a training that reads about so many tokens."""
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
        """Tokens that one step reads."""
        return self.batch_size * self.n_ctx

    @property
    def chunk_steps(self) -> int:
        """Steps that learn from one chunk of stories."""
        return max(self.chunk_tokens // self.tokens_per_step, 1)
