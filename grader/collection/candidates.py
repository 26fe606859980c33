"""Candidates for a student's submission: the notebooks in a download that belong to the week."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.collection.extraction import Found, Sifted
from grader.collection.names import NotebookName, read_notebook_name


@dataclass(frozen=True)
class WeekNotebooks:
    """The names of a week's notebooks."""

    notebooks: frozenset[str] | None
    """None if they are not known, so that every notebook is taken."""
    others: frozenset[str] = frozenset()
    """The names of other weeks' notebooks, which are never taken for this week's."""


@dataclass(frozen=True)
class Download:
    """One file or folder in the instructor's folder of downloads."""

    name: str
    """Empty for the group of all files and folders with a platform's names."""
    sifted: Sifted
    time: float = 0.0
    """Modification time in seconds since the epoch."""

    def where(self, found: Found) -> str:
        """Returns a notebook's location for messages."""
        inside = "/".join(found.parts)
        return inside if not self.name or inside == self.name else f"{self.name}: {inside}"


@dataclass(frozen=True)
class Named:
    """A notebook in a download, with the name that its student gave it."""

    found: Found
    stem: str
    """The file name without its suffix."""
    name: NotebookName
    order: tuple[str, int] = ("", 0)
    """The platform's time or number, which is larger for a later attempt."""

    @property
    def choice(self) -> tuple:
        """The sort key among one student's files of one download, of which the largest counts.

        The platform's later attempt comes first, then the week's own name, then the later time, then the
        higher number of a copy, then the less deep path.
        """
        found = self.found
        of_file = (self.name.quality, found.time, self.name.counter)
        return self.order, *of_file, -len(found.parts), found.place


@dataclass(frozen=True)
class Claim:
    """A notebook that counts as a student's submission unless another claim ranks higher."""

    student: str
    notebook: str
    file: Path
    where: str
    """The download and the path inside, for messages."""
    choice: tuple = ()
    """The sort key within a download, of which the largest counts."""
    rank: tuple = ()
    """The sort key among downloads, of which the largest counts."""
    series: str = ""
    """The name of a class's download without the number or time that distinguishes it from earlier ones."""
    students: int = 0
    """The number of students in that download."""
    time: str = ""
    """The platform's time of submission, in its own zone: 2026-03-06-17-00-00."""
    remarks: tuple[str, ...] = ()


class NotMatched(Exception):
    """The student of some notebooks cannot be determined; the message states why and what to do."""


def of_the_week(
    download: Download, files: Sequence[Named], week: WeekNotebooks
) -> Iterable[tuple[Named, str]]:
    """Returns those of a student's files that belong to the week, each with the name of the week's notebook.

    If none has the week's name, a single notebook is taken for it; several are left out, with a message.
    """
    with_name = [(each, each.name.notebook) for each in files if each.name.notebook]
    if with_name or week.notebooks is None or len(week.notebooks) != 1:
        return with_name
    (wanted,) = week.notebooks
    others = [each for each in files if not read_notebook_name(each.stem, week.others).notebook]
    if len(others) == 1:
        return [(others[0], wanted)]
    several = ", and there are several" if len(others) > 1 else ""
    for each in files:
        reason = f"it is not called {wanted}.ipynb{several}: ask which it is, and rename it."
        download.sifted.leave_out("/".join(each.found.parts), reason)
    return []


def claim(
    download: Download, student: str, file: Named, notebook: str, rank: tuple, remarks: Iterable[str] = ()
) -> Claim:
    """Makes the claim of a student on a notebook, with a remark if its name is unusual."""
    usual = file.name.quality == 3 or (file.name.prefix and not file.name.rest)
    renamed = () if usual else (f"It was called {file.stem!r} and is taken for {notebook}.",)
    return Claim(
        student=student,
        notebook=notebook,
        file=file.found.file,
        where=download.where(file.found),
        choice=file.choice,
        rank=rank,
        remarks=(*remarks, *renamed),
    )
