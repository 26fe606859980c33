"""Whose each notebook of a download is: by the names that a platform or the instructor gave, never by a
student's."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from re import Pattern

from grader.collection.by_hand import of_student, single
from grader.collection.claims import Claim, Download, Named, Week, claim, of_the_week
from grader.collection.names import (
    BadName,
    archive_stem,
    notebook_stem,
    read_notebook_name,
    student_name,
    without_counter,
)
from grader.collection.platforms import (
    EITHER,
    PlatformName,
    read_platform_name,
    settle_blackboard,
    settled,
)

_TIMED = re.compile(r"(?P<series>.*?)_?(?P<time>\d{4}(?:-\d{2}){5})", re.DOTALL)
"""Blackboard's name for a download: gradebook_COURSE_Assignment_2026-03-06-17-00-00."""


def claims(download: Download, week: Week, patterns: Sequence[Pattern[str]] = ()) -> list[Claim]:
    """The notebooks of a download, each with its student.

    Where all of them bear a platform's names, it is a class's download. Else all of it is the student's whose
    name the instructor has given it: what a student writes inside decides nothing about that.

    Raises:
        Refused: whose they are cannot be told.
    """
    if not download.name:
        _leave_out_classes(download, patterns)
    found = download.sifted.found
    named = _platform_names(download, patterns)
    if found and all(named):
        theirs = [_theirs(each, name, week) for each, name in zip(found, named, strict=True)]
        return _of_class(download, theirs, week)
    if notebook_stem(download.name) is not None:
        return [single(download, each, week) for each in found]
    return of_student(download, week) if found else []


@dataclass(frozen=True)
class _Theirs:
    """A notebook and what the platform says of it."""

    file: Named
    platform: PlatformName


def _leave_out_classes(download: Download, patterns: Sequence[Pattern[str]]) -> None:
    """Leaves out archives that bear a platform's name and hold the names of several: CS_101_2026_all.zip
    reads as Canvas's name of one student's file."""
    inside = defaultdict(set)
    for each in download.sifted.found:
        outer, *inner = each.parts
        names = [read_platform_name(part, patterns) for part in inner]
        inside[outer].add(next((name.student for name in names if name), ""))
    for outer, students in inside.items():
        if archive_stem(outer) is None or "" in students or len(students) < 2:
            continue
        download.sifted.found[:] = [each for each in download.sifted.found if each.parts[0] != outer]
        why = "it holds a platform's names of several students, and its own name could be one student's: "
        download.sifted.leave_out(outer, f"{why}call it class.zip if it is the class's.")


def _platform_names(download: Download, patterns: Sequence[Pattern[str]]) -> list[PlatformName | None]:
    """For each notebook, what the outermost part with a platform's name says; None where none has one."""
    names = [
        next(filter(None, (read_platform_name(part, patterns) for part in each.parts)), None)
        for each in download.sifted.found
    ]
    receipts = download.sifted.receipts
    heads = [each.student for each in names if each and each.time]
    students = settle_blackboard(heads, receipts) if heads else {}
    return [each and settled(each, students, receipts) for each in names]


def _theirs(found, platform: PlatformName, week: Week) -> _Theirs:
    # The last part can be the platform's own name, with the student's behind it.
    last = found.parts[-1]
    stem = notebook_stem(platform.file) if platform.file and last.endswith(platform.file) else None
    stem = notebook_stem(last) if stem is None else stem
    name = read_notebook_name(stem, week.notebooks)
    return _Theirs(Named(found, stem, name, platform.order), platform)


def _of_class(download: Download, theirs: list[_Theirs], week: Week) -> list[Claim]:
    by_student = _by_student(download, theirs)
    series, counter = _series(download.name)
    rank = (0, counter) if download.name else (1, (0, 0))
    made = []
    for student, mine in by_student.items():
        numbers = sorted({each.platform.number for each in mine})
        for number in numbers:
            one = [each for each in mine if each.platform.number == number]
            name = f"{student} {number}".strip() if len(numbers) > 1 else student
            made += _of_one(download, name, one, week, (rank, _namesakes(student, numbers)))
    return [replace(each, series=series, students=len(by_student)) for each in made]


def _by_student(download: Download, theirs: list[_Theirs]) -> dict[str, list[_Theirs]]:
    found: dict[str, list[_Theirs]] = defaultdict(list)
    for each in theirs:
        path = "/".join(each.file.found.parts)
        if each.platform.platform == EITHER:
            why = f"its name could be {EITHER}'s, which would make it another student's: rename it."
            download.sifted.leave_out(path, why)
            continue
        try:
            found[student_name(each.platform.student)].append(each)
        except BadName as why:
            download.sifted.leave_out(path, f"its student's name {why}.")
    return found


def _of_one(
    download: Download, student: str, mine: list[_Theirs], week: Week, of_all: tuple[tuple, tuple[str, ...]]
) -> list[Claim]:
    """The claims of one student of a class's download."""
    rank, remarks = of_all
    if any(each.platform.late for each in mine):
        remarks = (*remarks, "The platform marks it as late, without a time.")
    times = {each.file.found: each.platform.time for each in mine}
    taken = of_the_week(download, [each.file for each in mine], week)
    return [
        replace(
            claim(download, student, file, notebook, (*rank, (file.order,), download.time), remarks),
            time=times[file.found],
        )
        for file, notebook in taken
    ]


def _namesakes(student: str, numbers: list[str]) -> tuple[str, ...]:
    if len(numbers) < 2:
        return ()
    return (
        f"{len(numbers)} people are called {student}: the platform's numbers, {', '.join(numbers)}, tell "
        "them apart. They can be others next week: rename the files if you know who is who.",
    )


def _series(name: str) -> tuple[str, tuple[str, int]]:
    """A download's name without the browser's number and the platform's time, and these."""
    stem, number = without_counter(archive_stem(name) or name)
    found = _TIMED.fullmatch(stem)
    return (found["series"], (found["time"], number)) if found else (stem, ("", number))
