"""The errors of loading the reference or its vocabulary, which a notebook shows as one sentence."""


class ReferenceProblem(Exception):
    """The reference cannot be loaded; the message states the cause and the remedy."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of the traceback, which would not help a student."""
        return [f"✗ {self}"]


class UnknownReference(ReferenceProblem):
    """There is no reference of that name; the message lists the names."""


class ReferenceMissing(ReferenceProblem):
    """The reference is not on this machine, and no download was requested or the download failed."""


class ReferenceDamaged(ReferenceProblem):
    """A file of the reference is incomplete, damaged or of another model."""
