"""Week 11's training: the settings of a run, and stories as rows of token ids."""

from utils.training.rows import whole_stories
from utils.training.settings import TrainingSettings

__all__ = ["TrainingSettings", "whole_stories"]
