"""What can be wrong with the reference or its vocabulary: errors that a notebook shows as one sentence."""


class ReferenceProblem(Exception):
    """The reference cannot be had; the message says what happened and what to do next."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: our stack would tell a student nothing."""
        return [f"✗ {self}"]


class UnknownReference(ReferenceProblem):
    """Nobody knows a reference by that name; the message lists the names."""


class ReferenceMissing(ReferenceProblem):
    """The reference is not on this machine, and it could not be downloaded or nobody asked for that."""


class ReferenceDamaged(ReferenceProblem):
    """A file is there, but it is not what it should be."""
