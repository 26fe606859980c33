"""Builds and trains one model of the grid."""

from functools import cached_property
from pathlib import Path
from types import ModuleType

import torch
from jaxtyping import Int
from torch import Tensor

from grader.tools.scaling_runs.grid import Common
from grader.tools.storyteller.official_parts import official_parts
from utils.story_world.kinds_corpus import kinds_corpus
from utils.story_world.vocabulary import SharedRowModel, StoryVocabulary
from utils.training import whole_stories
from utils.training.scaling_runs import Run, ScalingRuns, Setting


class Workshop:
    """The text and the parts, which all runs share."""

    def __init__(self, root: Path, common: Common | None = None) -> None:
        self.root, self.common = root, common or Common()

    def train(self, setting: Setting, runs: ScalingRuns) -> Run:
        """Trains a new model by week 11's Trainer, with the settings that `runs` gives, and evaluates it."""
        parts, vocabulary = self.parts, self.vocabulary
        config = self.common.config(setting.d_model, vocabulary.d_vocab)
        model = SharedRowModel(parts.init_weights(parts.GPT2(config), setting.seed), vocabulary)
        settings = runs.settings(setting, vocabulary.end_of_text)
        trainer = parts.Trainer(model, self._train_and_val[0], settings)
        trainer.train(setting.total_steps)
        points = torch.tensor(trainer.losses).reshape(-1, self.common.steps_per_point).mean(dim=1)
        val_batches = whole_stories(self._train_and_val[1], vocabulary.end_of_text)
        return Run(
            setting,
            n_parameters=parts.count_parameters(config),
            tokens=setting.total_steps * settings.tokens_per_step,
            val_loss=round(parts.evaluate(model, val_batches), 5),
            losses=tuple(round(loss, 3) for loss in points.tolist()),
        )

    @cached_property
    def parts(self) -> ModuleType:
        """The official parts of weeks 1 to 11."""
        return official_parts(self.root)

    @cached_property
    def vocabulary(self) -> StoryVocabulary:
        """The ids that occur in the stories, and the shared row."""
        return StoryVocabulary(self._ids)

    @cached_property
    def _train_and_val(self) -> tuple[Int[Tensor, "train"], Int[Tensor, "val"]]:
        rows = self.vocabulary.rows(self._ids)
        return self.parts.train_val_split(rows, self.common.val_share, self.vocabulary.end_of_text)

    @cached_property
    def _ids(self) -> list[int]:
        common = self.common
        return list(kinds_corpus(common.kinds, "train", common.text_seed, common.text_tokens).token_ids)
