"""Finds the students of notebooks, archives and folders that the instructor named after them."""

from grader.collection.candidates import Claim, Download, Named, NotMatched, WeekNotebooks, claim, of_the_week
from grader.collection.extraction import Found
from grader.collection.names import (
    BadName,
    archive_stem,
    is_general,
    notebook_stem,
    own_name,
    read_notebook_name,
    stem_of_notebook,
    student_name,
    without_counter,
    without_version,
)


def single(download: Download, found: Found, week: WeekNotebooks) -> Claim:
    """Returns the claim of a single notebook, `ada_attention.ipynb`.

    Raises:
        NotMatched: its name does not consist of a student's and a notebook's name.
    """
    stem = stem_of_notebook(download.name)
    name = read_notebook_name(stem, week.notebooks)
    if not name.notebook or (name.rest and without_version(name.rest)):
        raise NotMatched(
            "its name is not a student's and a notebook's, as in ada_attention.ipynb: rename it."
        )
    student = _student(name.prefix)
    rank = (1, name.counter, (), download.time)
    return claim(download, student, Named(found, stem, name), name.notebook, rank)


def of_student(download: Download, week: WeekNotebooks) -> list[Claim]:
    """Returns the claims of an archive or a folder that is named after a student.

    Raises:
        NotMatched: the name cannot be a student's, or the contents look like several students' work.
    """
    stem, counter = without_counter(archive_stem(download.name) or download.name)
    packed = notebook_stem(stem)  # ada_attention.ipynb.gz
    notebooks = week.notebooks or frozenset() if packed is None else week.notebooks
    of_notebook = read_notebook_name(stem if packed is None else packed, notebooks)
    if of_notebook.notebook and not of_notebook.rest:  # ada_attention.zip
        stem = of_notebook.prefix
    student = _student(stem)
    files = [_named(each, week) for each in download.sifted.found]
    taken = _of_one_person(student, list(of_the_week(download, files, week)))
    rank = (1, (0, counter), (), download.time)
    return [claim(download, student, file, notebook, rank) for file, notebook in taken]


def _named(found: Found, week: WeekNotebooks) -> Named:
    stem = stem_of_notebook(found.parts[-1])
    return Named(found, stem, read_notebook_name(stem, week.notebooks))


def _student(text: str) -> str:
    try:
        name = student_name(own_name(text))
    except BadName as error:
        raise NotMatched(f"its name {error}: rename it after its student.") from None
    if is_general(name):
        raise NotMatched("its name names no student: rename it, or unpack it here if it is the class's.")
    return name


def _of_one_person(student: str, taken: list[tuple[Named, str]]) -> list[tuple[Named, str]]:
    """Returns the student's files: all of them, unless they look like the work of several students.

    Raises:
        NotMatched: none of several students' files bears the student's name, so that this may be a class.
    """
    kept = []
    for notebook in sorted({notebook for _, notebook in taken}):
        files = [file for file, found in taken if found == notebook]
        common = _common([file.found.parts for file in files])
        people = [_person(file, common) for file in files]
        if "" in people or len(set(people)) < 2:
            kept += [(file, notebook) for file in files]
            continue
        own = [file for file, person in zip(files, people, strict=True) if person == student.casefold()]
        if not own:
            names = sorted(set(people))
            raise NotMatched(
                f"it holds {notebook} under {len(names)} names ({', '.join(names[:5])}): if it is the "
                "class's, unpack it here, so that each file or folder bears its student's name; if it is one "
                "student's, leave the one that counts."
            )
        kept += [(file, notebook) for file in own]
    return kept


def _person(file: Named, common: int) -> str:
    """Returns the name by which a notebook differs from others of the download; empty for mere versions."""
    parts = file.found.parts[common:]
    outer = archive_stem(parts[0]) or parts[0] if len(parts) > 1 else file.name.prefix
    return without_version(own_name(outer))


def _common(paths: list[tuple[str, ...]]) -> int:
    """Returns the number of leading folders that all paths share."""
    folders = [path[:-1] for path in paths]
    same = 0
    while all(len(each) > same for each in folders) and len({each[same] for each in folders}) == 1:
        same += 1
    return same
