"""Finds the student of each notebook, by names from the platform or the instructor, never from a student."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from re import Pattern

from grader.collection.by_hand import of_student, single
from grader.collection.candidates import Claim, Download, Named, WeekNotebooks, claim, of_the_week
from grader.collection.extraction import Found
from grader.collection.names import (
    BadName,
    archive_stem,
    notebook_stem,
    read_notebook_name,
    stem_of_notebook,
    student_name,
    without_counter,
)
from grader.collection.platforms import (
    EITHER,
    PlatformName,
    blackboard_students,
    read_platform_name,
    with_blackboard_student,
)

_TIMED = re.compile(r"(?P<series>.*?)_?(?P<time>\d{4}(?:-\d{2}){5})", re.DOTALL)
"""Matches Blackboard's name for a download: gradebook_COURSE_Assignment_2026-03-06-17-00-00."""


def claims(download: Download, week: WeekNotebooks, patterns: Sequence[Pattern[str]] = ()) -> list[Claim]:
    """Returns the notebooks of a download, each with its student.

    If all have a platform's names, it is a class's download. Else all belong to the student after whom the
    instructor named the download, whatever names are inside.

    Raises:
        NotMatched: the student cannot be determined.
    """
    if not download.name:
        _leave_out_classes(download, patterns)
    found = download.sifted.found
    named = _platform_names(download, patterns)
    platform_names = [name for name in named if name is not None]
    if found and len(platform_names) == len(found):
        notebooks = [
            _platform_notebook(each, name, week) for each, name in zip(found, platform_names, strict=True)
        ]
        return _of_class(download, notebooks, week)
    if notebook_stem(download.name) is not None:
        return [single(download, each, week) for each in found]
    return of_student(download, week) if found else []


@dataclass(frozen=True)
class _PlatformNotebook:
    """A notebook and its parsed name from the platform."""

    file: Named
    platform: PlatformName


def _leave_out_classes(download: Download, patterns: Sequence[Pattern[str]]) -> None:
    """Leaves out archives with a platform's name that contain several students' files.

    CS_101_2026_all.zip, for example, fits Canvas's format for one student's file.
    """
    inside: dict[str, set[str]] = defaultdict(set)
    for each in download.sifted.found:
        outer, *inner = each.parts
        names = [read_platform_name(part, patterns) for part in inner]
        inside[outer].add(next((name.student for name in names if name), ""))
    for outer, students in inside.items():
        if archive_stem(outer) is None or "" in students or len(students) < 2:
            continue
        download.sifted.found[:] = [each for each in download.sifted.found if each.parts[0] != outer]
        reason = "it holds a platform's names of several students, and its own name could be one student's: "
        download.sifted.leave_out(outer, f"{reason}call it class.zip if it is the class's.")


def _platform_names(download: Download, patterns: Sequence[Pattern[str]]) -> list[PlatformName | None]:
    """Returns each notebook's platform name: that of the outermost path component that has one, or None."""
    names = [
        next(filter(None, (read_platform_name(part, patterns) for part in each.parts)), None)
        for each in download.sifted.found
    ]
    receipts = download.sifted.receipts
    heads = [each.student for each in names if each and each.time]
    students = blackboard_students(heads, receipts) if heads else {}
    return [each and with_blackboard_student(each, students, receipts) for each in names]


def _platform_notebook(found: Found, platform: PlatformName, week: WeekNotebooks) -> _PlatformNotebook:
    # The last component can be the platform's name, followed by the student's name for the file.
    last = found.parts[-1]
    stem = notebook_stem(platform.file) if platform.file and last.endswith(platform.file) else None
    stem = stem_of_notebook(last) if stem is None else stem
    name = read_notebook_name(stem, week.notebooks)
    return _PlatformNotebook(Named(found, stem, name, platform.order), platform)


def _of_class(download: Download, notebooks: list[_PlatformNotebook], week: WeekNotebooks) -> list[Claim]:
    by_student = _by_student(download, notebooks)
    series, counter = _series(download.name)
    rank = (0, counter) if download.name else (1, (0, 0))
    made: list[Claim] = []
    for student, mine in by_student.items():
        numbers = sorted({each.platform.number for each in mine})
        for number in numbers:
            one = [each for each in mine if each.platform.number == number]
            name = f"{student} {number}".strip() if len(numbers) > 1 else student
            made += _of_one(download, name, one, week, (rank, _namesakes(student, numbers)))
    return [replace(each, series=series, students=len(by_student)) for each in made]


def _by_student(download: Download, notebooks: list[_PlatformNotebook]) -> dict[str, list[_PlatformNotebook]]:
    found: dict[str, list[_PlatformNotebook]] = defaultdict(list)
    for each in notebooks:
        path = "/".join(each.file.found.parts)
        if each.platform.platform == EITHER:
            reason = f"its name could be {EITHER}'s, which would make it another student's: rename it."
            download.sifted.leave_out(path, reason)
            continue
        try:
            found[student_name(each.platform.student)].append(each)
        except BadName as error:
            download.sifted.leave_out(path, f"its student's name {error}.")
    return found


def _of_one(
    download: Download,
    student: str,
    mine: list[_PlatformNotebook],
    week: WeekNotebooks,
    of_all: tuple[tuple[object, ...], tuple[str, ...]],
) -> list[Claim]:
    """Returns one student's claims in a class's download.

    Args:
        of_all: the rank and the remarks that are common to the student's claims.
    """
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
    """Splits a download's name into the series, and the platform's time with the browser's number."""
    stem, number = without_counter(archive_stem(name) or name)
    found = _TIMED.fullmatch(stem)
    return (found["series"], (found["time"], number)) if found else (stem, ("", number))
