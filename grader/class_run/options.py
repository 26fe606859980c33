"""What an instructor asks of a class run."""

from dataclasses import dataclass

from utils.weeks import Week


@dataclass(frozen=True)
class ClassRunOptions:
    """One call of `course grade`."""

    week: Week
    students: tuple[str, ...] = ()
    """Only these; empty means everybody who has handed in."""
    workers: int = 0
    """Processes to start on this machine; 0 leaves it to the configuration."""
    scheduler: str = ""
    """The address of a Dask scheduler to use in place of processes of our own."""
    force: bool = False
    """Grade again what has not changed, too."""
    trusted: bool = False
    """Grade even where no sandbox protects this machine."""
