"""What is right: one module a week, with the expected values, the tolerances and the known mistakes.

In grading, nothing of this package is present where a student's code runs. `utils.checks` holds the other
half and does not import this one until a check is judged in its own process.
"""
