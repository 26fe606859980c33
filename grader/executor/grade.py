"""Grades one submission: the one function behind `nbgrader autograde`, formgrader and the class run."""

from grader.executor.task import GradedSubmission, GradingTask


def grade_submission(task: GradingTask) -> GradedSubmission:
    """Runs and judges one submission, and returns all that came of it.

    Plain data in, plain data out; it touches no gradebook and no file of the course. What is warm (the parent
    of the kernels, the judge's verdicts) is kept in this process for the next call: call it from long-lived
    workers, with one call at a time in each. Further calls from other threads wait.

    Whatever the submission's bytes are, there is a result: with a ledger that says why each point was lost,
    or with `problem` and no ledger where the file cannot be read at all.

    Raises:
        SandboxTooWeak: this machine lacks a protection that `task.required` names. Nothing was run.
        GraderTrouble: the source is no notebook of that week, or the warm parent does not start; the message
            says what to do. It concerns every submission, not this one.
    """
    raise NotImplementedError
