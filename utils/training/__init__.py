"""What week 11 trains with and on: the settings of a training run, and stories as rows of token ids."""

from utils.training.rows import whole_stories
from utils.training.settings import TrainingSettings

__all__ = ["TrainingSettings", "whole_stories"]
