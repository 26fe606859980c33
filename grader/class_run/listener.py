"""The events of a class run, for a progress display."""


class ProgressListener:
    """Receives the events of a class run; this base class ignores them."""

    def begin(self, grade: int, kept: int) -> None:
        """The run starts: so many submissions are to be graded, so many have not changed."""

    def step(self, name: str) -> None:
        """A step of writing a result is done; see `grader.gradebook.writer.Step`."""

    def finished(self, student: str, failure: str) -> None:
        """A submission is done; `failure` says why it has no grade, and is empty where it has one."""

    def end(self) -> None:
        """The run is over, also after an error."""
