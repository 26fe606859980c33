"""Selects one notebook per student from a folder of downloads, and reports all that is left out, and why."""

import filecmp
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern

from grader.collection.candidates import Claim, Download, NotMatched, WeekNotebooks
from grader.collection.containers import (
    Budget,
    Member,
    member_of_file,
    members_of_archive,
    members_of_folder,
)
from grader.collection.extraction import Bounds, Sifter
from grader.collection.match_students import claims
from grader.collection.names import archive_stem, is_junk, notebook_stem
from grader.collection.platforms import read_platform_name


@dataclass(frozen=True)
class Chosen:
    """The notebook that counts among all that a student handed in."""

    claim: Claim
    left: tuple[Claim, ...]
    """The others that differ from it."""


@dataclass
class Gathered:
    """The notebooks in a folder of downloads."""

    chosen: list[Chosen] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Sentences on files that were left out."""


def gather(
    place: Path, scratch: Path, week: WeekNotebooks, bounds: Bounds, patterns: Sequence[Pattern[str]] = ()
) -> Gathered:
    """Gathers the notebooks of the downloads in the folder `place`.

    Args:
        scratch: an empty folder, to which the notebooks are extracted.
        patterns: name patterns of further platforms; see `read_platform_name`.
    """
    return _Gatherer(place, Sifter(scratch, bounds, patterns), week, bounds, patterns).go()


@dataclass
class _Gatherer:
    place: Path
    sifter: Sifter
    week: WeekNotebooks
    bounds: Bounds
    patterns: Sequence[Pattern[str]]

    def go(self) -> Gathered:
        gathered, claimed = Gathered(), []
        for name, time, members, archives in self._downloads(gathered):
            sifted = self.sifter.sift(members, archives)
            download = Download(name, sifted, time)
            try:
                claimed += _best_of_each(claims(download, self.week, self.patterns), gathered)
            except NotMatched as error:
                gathered.left_out.append(f"{name!r} is left out: {error}")
            if not sifted.found and not sifted.left_out:
                sifted.left_out.append("it holds no notebook.")
            gathered.left_out += [f"{name}: {each}" if name else each for each in sifted.summary]
        gathered.chosen += _chosen(claimed, gathered)
        return gathered

    def _downloads(
        self, gathered: Gathered
    ) -> Iterator[tuple[str, float, Callable[[Budget], Iterator[Member]], int]]:
        """Yields each download: its name, its time, the function that lists it, the open archives."""
        of_platform = []
        for path in sorted(self.place.iterdir()):
            if is_junk((path.name,)) and archive_stem(path.name) is None:
                continue
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                gathered.left_out.append(f"{path.name!r} is left out: it is a link, or no file.")
            elif read_platform_name(path.name, self.patterns):
                of_platform.append(path)
            elif (opened := self._opened(path)) is not None:
                yield path.name, path.stat().st_mtime, *opened
            else:
                kind = "a notebook, an archive or a folder of a student's"
                gathered.left_out.append(f"{path.name!r} is left out: it is not {kind}.")
        if of_platform:
            yield "", 0.0, lambda _: _members_of_all(of_platform), 0

    def _opened(self, path: Path) -> tuple[Callable[[Budget], Iterator[Member]], int] | None:
        if path.is_dir():
            return (lambda _: members_of_folder(path)), 0
        if notebook_stem(path.name) is not None:
            return (lambda _: iter([member_of_file(path, (path.name,))])), 0
        if archive_stem(path.name) is not None:
            most = self.bounds.files
            return (lambda budget: members_of_archive(path, path.name, most, budget)), 1
        return None


def _members_of_all(paths: list[Path]) -> Iterator[Member]:
    for path in paths:
        if path.is_dir():
            for member in members_of_folder(path):
                parts = (path.name, *member.parts)
                yield Member(parts, "/".join(parts), member.time, member.open, member.problem)
        else:
            yield member_of_file(path, (path.name,))


def _best_of_each(claimed: list[Claim], gathered: Gathered) -> list[Claim]:
    """Returns the claims of one download that count; reports the others that differ."""
    best = []
    for mine in _grouped(claimed):
        first, *rest = sorted(mine, key=lambda each: (each.choice, each.where), reverse=True)
        left = [each for each in rest if not _identical(first, each)]
        if left:
            gathered.left_out.append(_superseded(first, left))
        for each in rest:
            each.file.unlink(missing_ok=True)
        best.append(first)
    return best


def _chosen(claimed: list[Claim], gathered: Gathered) -> Iterator[Chosen]:
    """Yields the notebook of all downloads that counts for each student."""
    for mine in _grouped(claimed):
        by_hand = [each for each in mine if each.rank[0]]
        first = _largest(by_hand) if by_hand else _of_classes(mine)
        if first is None:
            places = ", ".join(each.where for each in mine)
            reason = "they differ, and neither download is the later one of the other: leave one of them"
            gathered.left_out.append(f"{mine[0].student} is left out: {places}: {reason}.")
            continue
        yield Chosen(first, tuple(each for each in mine if each is not first and not _identical(each, first)))


def _of_classes(mine: list[Claim]) -> Claim | None:
    """Returns the claim that counts among those of class downloads; None if it cannot be determined.

    The latest download of a series counts. Among several series, the one with more students does, since a
    student's own archive could be named like a class's.
    """
    series: dict[str, list[Claim]] = defaultdict(list)
    for each in mine:
        series[each.series].append(each)
    best = sorted((_largest(each) for each in series.values()), key=lambda each: -each.students)
    first, *rest = best
    tied = [each for each in rest if each.students == first.students and not _identical(each, first)]
    return None if tied else first


def _largest(mine: list[Claim]) -> Claim:
    return max(mine, key=lambda each: (each.rank, each.where))


def _identical(one: Claim, other: Claim) -> bool:
    return filecmp.cmp(one.file, other.file, shallow=False)


def _superseded(first: Claim, left: Sequence[Claim]) -> str:
    others = ", ".join(each.where for each in left[:3]) + (" …" if len(left) > 3 else "")
    return f"{first.student}: of {len(left) + 1} attempts {first.where} counts, not {others}."


def _grouped(claimed: list[Claim]) -> list[list[Claim]]:
    groups: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for each in claimed:
        groups[each.student, each.notebook].append(each)
    return [groups[key] for key in sorted(groups)]
