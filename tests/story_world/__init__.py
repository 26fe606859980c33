"""Tests of utils.story_world: its probabilities, its stories and its splits."""
