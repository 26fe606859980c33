"""Trains small models of several sizes, to which week 11 fits a scaling law.

`python -m grader.tools.scaling_runs` is the command. Text, model, and training are the course's own: the
stories of week 11, and the solutions of weeks 1 to 11. The losses lie in `utils/training/scaling_runs.json`.
"""
