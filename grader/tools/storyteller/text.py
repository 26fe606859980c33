"""The training and validation text: stories generated on demand, none of them twice."""

from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Int
from torch import Tensor

from grader.tools.storyteller.recipe import TrainingRecipe
from utils.story_world import Corpus, corpus
from utils.story_world.kinds_corpus import kinds_corpus
from utils.story_world.vocabulary import StoryVocabulary
from utils.training import whole_stories

# Seeds of the story world. Chunks of training text take those from 0 on; training and validation stories
# are disjoint whatever their seeds are (see `utils.story_world.split_of`).
VOCABULARY_SEED = 2_000_000
VALIDATION_SEED = 1_000_000


@dataclass(frozen=True)
class StoryText:
    """The training text in chunks, the validation text, and their common vocabulary."""

    recipe: TrainingRecipe

    @cached_property
    def vocabulary(self) -> StoryVocabulary:
        """A row for each id that stories use, and the shared row; deterministic."""
        return StoryVocabulary(corpus("train", VOCABULARY_SEED, self.recipe.vocabulary_tokens).token_ids)

    def chunk_at(self, step: int) -> Int[Tensor, "tokens"]:
        """Returns the chunk, as rows of the vocabulary, from which step number `step` samples its windows."""
        recipe, number = self.recipe, step // self.recipe.chunk_steps
        if number < recipe.first_chunks:
            chunk = kinds_corpus([recipe.first_kind], "train", number, recipe.chunk_tokens)
        else:
            chunk = corpus("train", number, recipe.chunk_tokens)
        return self.vocabulary.rows(chunk.token_ids)

    def is_new_chunk(self, step: int) -> bool:
        """Returns True if a new chunk begins at step number `step`."""
        return step % self.recipe.chunk_steps == 0

    def validation(self, n_tokens: int) -> Corpus:
        """Returns stories that are in no chunk; a longer text extends a shorter one."""
        return corpus("validation", VALIDATION_SEED, n_tokens)

    def validation_batches(self, n_tokens: int) -> list[Int[Tensor, "batch seq"]]:
        """Returns the validation stories as batches of whole stories, as rows of the vocabulary."""
        rows = self.vocabulary.rows(self.validation(n_tokens).token_ids)
        return whole_stories(rows, self.vocabulary.end_of_text)
