"""Builds and trains one model of the grid."""

from functools import cached_property
from pathlib import Path
from types import ModuleType

import torch
from jaxtyping import Int
from torch import Tensor, nn

from grader.build.source import read_source
from grader.notebook.cells import grade_id, without_marks
from grader.tools.block_curves.grid import Common
from grader.tools.storyteller.official_parts import official_parts
from utils.examples.block_curves import Run, Setting
from utils.story_world import corpus
from utils.story_world.vocabulary import SharedRowModel, StoryVocabulary
from utils.weeks import find_week

WEEK = 7
"""The week whose stretch exercises define the other kinds of blocks."""
BLOCKS = {
    "pre-norm": "TransformerBlock",
    "post-norm": "PostNormBlock",
    "parallel": "ParallelBlock",
}
"""The kinds of blocks, and the class of each."""


class Workshop:
    """The text and the parts, which all runs share."""

    def __init__(self, root: Path, common: Common | None = None) -> None:
        self.root, self.common = root, common or Common()

    def train(self, setting: Setting) -> Run:
        """Trains a new model by week 11's Trainer and returns its curve."""
        parts, common, vocabulary = self.parts, self.common, self.vocabulary
        model = SharedRowModel(self.model(setting), vocabulary)
        settings = common.training(setting, vocabulary.end_of_text)
        trainer = parts.Trainer(model, self.rows, settings)
        trainer.train(common.total_steps)
        points = torch.tensor(trainer.losses).reshape(-1, common.steps_per_point).mean(dim=1)
        return Run(setting, tuple(round(loss, 3) for loss in points.tolist()))

    def model(self, setting: Setting) -> nn.Module:
        """Returns a model with the initial weights of the setting."""
        parts, config = self.parts, self.common.config(self.vocabulary.d_vocab)
        model = parts.GPT2(config)
        block = getattr(parts, BLOCKS[setting.blocks])
        model.blocks = nn.ModuleList(block(config) for _ in range(config.n_layers))
        parts.init_weights(model, setting.seed)
        if setting.weights == "large":
            _enlarge(model.blocks)
        return model

    @cached_property
    def parts(self) -> ModuleType:
        """The official parts of weeks 1 to 11, with week 7's other kinds of blocks."""
        parts, added = official_parts(self.root), set(BLOCKS.values())
        for cell in read_source(self.root, find_week(WEEK)).notebook.cells:
            name = grade_id(cell)
            if name in added and not hasattr(parts, str(name)):
                exec(without_marks(cell.source), parts.__dict__)
        return parts

    @cached_property
    def rows(self) -> Int[Tensor, "tokens"]:
        """The stories, as rows of the vocabulary."""
        return self.vocabulary.rows(self._ids)

    @cached_property
    def vocabulary(self) -> StoryVocabulary:
        """The ids that occur in the stories, and the shared row."""
        return StoryVocabulary(self._ids)

    @cached_property
    def _ids(self) -> list[int]:
        return list(corpus("train", 0, self.common.text_tokens).token_ids)


def _enlarge(blocks: nn.Module) -> None:
    """Scales every matrix to the standard deviation 1 over the root of the number of terms in its sums."""
    for name, W in blocks.named_parameters():
        if ".W_" in name:
            terms = W.shape[:2].numel() if name.endswith("W_O") else W.shape[-2]
            with torch.no_grad():
                W.mul_(terms**-0.5 / W.std())
