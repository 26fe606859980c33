"""The answer keys: one package a week, with the expected values, the tolerances and the known mistakes.

In grading, this package is not available to the process in which a student's code runs. `utils.checks`
defines the checks themselves and imports this package only where a check is judged in the same process.
"""
