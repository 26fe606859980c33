"""A notebook that counts as a student's, and which of a student's files are the week's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.collection.names import NotebookName, read_notebook_name
from grader.collection.sift import Found, Sifted


@dataclass(frozen=True)
class Week:
    """The names of a week's notebooks."""

    notebooks: frozenset[str] | None
    """None: they are not known, and every notebook is taken."""
    others: frozenset[str] = frozenset()
    """Notebooks of other weeks: they are never taken for this week's."""


@dataclass(frozen=True)
class Download:
    """One file or folder that the instructor has put there."""

    name: str
    """Empty for all files and folders together that bear a platform's names."""
    sifted: Sifted
    time: float = 0.0
    """When it was written last, in seconds."""

    def where(self, found: Found) -> str:
        """Where a notebook is, for people."""
        inside = "/".join(found.parts)
        return inside if not self.name or inside == self.name else f"{self.name}: {inside}"


@dataclass(frozen=True)
class Named:
    """A notebook in a download, under the name that its student gave it."""

    found: Found
    stem: str
    """Without its ending."""
    name: NotebookName
    order: tuple[str, int] = ("", 0)
    """The platform's time or number; a later attempt has a larger one."""

    @property
    def choice(self) -> tuple:
        """The rule within one student's files of one download, of which the largest counts: the platform's
        later attempt, then the week's name before others, then the later time, then the higher number of a
        copy, then the one less deep."""
        found = self.found
        of_file = (self.name.quality, found.time, self.name.counter)
        return self.order, *of_file, -len(found.parts), found.place


@dataclass(frozen=True)
class Claim:
    """A notebook that counts as a student's, unless another one counts more."""

    student: str
    notebook: str
    file: Path
    where: str
    """The download and the path inside, for people."""
    choice: tuple = ()
    """Of one download, the largest counts."""
    rank: tuple = ()
    """Of several downloads, the largest counts."""
    series: str = ""
    """Of a class's download, its name without the number or time that tells it from an earlier one."""
    students: int = 0
    """How many students that download names."""
    time: str = ""
    """The platform's time of handing in, in its own zone: 2026-03-06-17-00-00."""
    remarks: tuple[str, ...] = ()


class Refused(Exception):
    """Notebooks of which nobody can tell whose they are; the text says why and what to do."""


def of_the_week(download: Download, files: Sequence[Named], week: Week) -> Iterable[tuple[Named, str]]:
    """Those of a student's files that are the week's, each with the notebook that it is.

    Where none has the week's name, a single notebook is taken for it; several are left out, with a sentence.
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
        why = f"it is not called {wanted}.ipynb{several}: ask which it is, and rename it."
        download.sifted.leave_out("/".join(each.found.parts), why)
    return []


def claim(
    download: Download, student: str, file: Named, notebook: str, rank: tuple, remarks: Iterable[str] = ()
) -> Claim:
    """A student's claim on a notebook."""
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
