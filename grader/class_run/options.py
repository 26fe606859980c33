"""The options of a class run."""

from dataclasses import dataclass

from utils.weeks import Week


@dataclass(frozen=True)
class ClassRunOptions:
    """The options of one call of `course grade`."""

    week: Week
    students: tuple[str, ...] = ()
    """The students to grade; empty for everyone who has handed in."""
    workers: int = 0
    """Worker processes to start on this machine; 0 for the number in the configuration."""
    scheduler: str = ""
    """The address of a Dask scheduler to use instead of local worker processes."""
    force: bool = False
    """Also grade submissions that have not changed."""
    trusted: bool = False
    """Grade even where no sandbox protects this machine."""
