"""Trains small models with different kinds of blocks, for the curves that week 7 shows.

`python -m grader.tools.block_curves` is the command. Text, models and training are the course's own: the
story world, and the solutions of weeks 1 to 11. The curves are in `utils/examples/block_curves.json`.
"""
