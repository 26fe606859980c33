"""The trace's data and its measurement: the official solutions' steps, and bugs to try it on.

`python -m grader.tools.trace` prints how often the card of a failed check points at the line that is wrong.
The bugs are small changes of official solutions and of right variants that fail the public check by values or
shape.
"""
