"""What the explorer cannot show, as a sentence for the student."""

from utils.errors import CourseError


class ExplorerProblem(CourseError):
    """A text, a model or a change that the explorer cannot use; the message says why and what to do."""
