"""Trains the storyteller from nothing, by the course's own parts, and writes it down as a GPT-2.

`course train-storyteller` is the command. The text comes from `utils.story_world`, everything that learns
from the solutions of weeks 1 to 11; what is here brings the two together and looks after the files.
"""
