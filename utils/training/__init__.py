"""Week 11's training: the settings of a run, stories as rows of token ids, and the device to train on."""

from utils.training.device import best_device
from utils.training.rows import whole_stories
from utils.training.settings import TrainingSettings

__all__ = ["TrainingSettings", "best_device", "whole_stories"]
