"""Trains the storyteller from scratch with the course's own parts, and exports it as a GPT-2.

`course train-storyteller` is the command. The text comes from `utils.story_world`, model and training from
the solutions of weeks 1 to 11. This package combines the two and handles the files.
"""
