"""The trusted executor: one submission in, its grades and the graded notebook out.

`grade_submission(GradingTask(...))` is the only door. `nbgrader autograde`, formgrader's button and the class
run all go through it.
"""

from grader.executor.task import (
    PROTECTIONS,
    CellGrade,
    GradedSubmission,
    GradingTask,
    Sign,
    Timings,
)

__all__ = ["PROTECTIONS", "CellGrade", "GradedSubmission", "GradingTask", "Sign", "Timings"]
