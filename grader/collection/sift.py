"""Takes the notebooks out of a download, into a folder of the grader's and under names of its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from re import Pattern

from grader.collection.containers import Budget, Member, NotUnpacked, members_of_archive
from grader.collection.names import archive_stem, is_junk, notebook_stem
from grader.collection.platforms import is_receipt, read_platform_name, receipt_student

_LONGEST_RECEIPT = 4096
_SAID_AT_MOST = 5
"""So many files of one download are named that are left out; the others are counted."""


@dataclass(frozen=True)
class Bounds:
    """What is taken at most."""

    student_bytes: int
    """Bytes unpacked for one student."""
    class_bytes: int
    """Bytes unpacked of one download."""
    notebook_bytes: int
    files: int
    """Files that one archive may list."""
    depth: int
    """How often there may be an archive in an archive, of one student's."""


@dataclass(frozen=True)
class Found:
    """A notebook in a download."""

    parts: tuple[str, ...]
    """Its path there; archives in archives count as folders."""
    time: float
    """When it was changed last, in seconds; 0 where nothing says so."""
    file: Path
    """Where its bytes are."""
    place: int = 0
    """Which it is, counted in the archive's order: of two files of one name the last counts."""


@dataclass
class Sifted:
    """What a download holds."""

    found: list[Found] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)
    """For Blackboard's names without the time, the user name that its text file gives."""
    left_out: list[str] = field(default_factory=list)
    """Sentences on what was left out."""

    def leave_out(self, what: str, why: str) -> None:
        """Notes what was left out."""
        self.left_out.append(f"{what[:200]!r} is left out: {why}")

    @property
    def said(self) -> list[str]:
        """What was left out, the first of it by name."""
        more = len(self.left_out) - _SAID_AT_MOST
        return self.left_out[:_SAID_AT_MOST] + ([f"{more} more files are left out."] if more > 0 else [])


class Sifter:
    """Sifts one download after the other."""

    def __init__(self, scratch: Path, bounds: Bounds, patterns: Iterable[Pattern[str]] = ()):
        """Keeps what is found in the folder `scratch`.

        Args:
            patterns: names of a platform of the instructor's own; see `read_platform_name`.
        """
        self._scratch, self._bounds, self._patterns = scratch, bounds, tuple(patterns)
        self._numbers = count()

    def sift(self, members: Callable[[Budget], Iterator[Member]], archives: int) -> Sifted:
        """Sifts what `members` gives, which is told how much may be unpacked.

        Args:
            archives: how many archives have been opened already: 1 for an archive, 0 for a folder.
        """
        into = Sifted()
        total = Budget(self._bounds.class_bytes)
        work = _Work(into, total, archives, {})
        # A compressed stream is unpacked to see what it holds; no platform gives a class's download as one.
        self._each(members(Budget(self._bounds.student_bytes)), (), work)
        return into

    def _each(self, members: Iterator[Member], above: tuple[str, ...], work: "_Work") -> None:
        try:
            for member in members:
                if member.parts and is_junk(member.parts):
                    continue
                if member.problem:
                    work.into.leave_out(member.name, f"{member.problem}.")
                else:
                    self._one(member, above + member.parts, work)
        except NotUnpacked as why:
            work.into.left_out.append(
                f"{'/'.join(above) or 'The download'} was not unpacked any further: {why}"
            )

    def _one(self, member: Member, parts: tuple[str, ...], work: "_Work") -> None:
        name = parts[-1]
        if notebook_stem(name) is not None:
            if (file := self._copied(member, parts, work, self._bounds.notebook_bytes)) is not None:
                work.into.found.append(Found(parts, member.time, file, len(work.into.found)))
        elif archive_stem(name) is not None:
            self._open(member, parts, work)
        elif is_receipt(name) and self._owner_place(parts) == len(parts) - 1:
            self._read_receipt(member, name, work)

    def _open(self, member: Member, parts: tuple[str, ...], work: "_Work") -> None:
        if self._archives(parts, work) > self._bounds.depth:
            depth = self._bounds.depth
            work.into.leave_out("/".join(parts), f"archives in archives are opened {depth} deep.")
            return
        file = self._copied(member, parts, work, self._bounds.student_bytes)
        if file is None:
            return
        budget = work.budget(self._owner(parts), self._bounds.student_bytes)
        self._each(members_of_archive(file, parts[-1], self._bounds.files, budget), parts, work)
        file.unlink()

    def _archives(self, parts: tuple[str, ...], work: "_Work") -> int:
        """How many archives of one student's are open once that at `parts` is: a class's does not count."""
        start = self._owner_place(parts)
        before = work.archives if start is None else 0
        return before + sum(archive_stem(part) is not None for part in parts[start or 0 :])

    def _owner_place(self, parts: tuple[str, ...]) -> int | None:
        named = (at for at, part in enumerate(parts) if read_platform_name(part, self._patterns))
        return next(named, None)

    def _owner(self, parts: tuple[str, ...]) -> str:
        """Whose bytes are counted together."""
        place = self._owner_place(parts)
        name = None if place is None else read_platform_name(parts[place], self._patterns)
        return "" if name is None else f"{name.student}_{name.number}"

    def _copied(self, member: Member, parts: tuple[str, ...], work: "_Work", most: int) -> Path | None:
        file = self._scratch / str(next(self._numbers))
        owner = self._owner(parts)
        try:
            self._copy(member, file, work, owner, most)
        except NotUnpacked as why:
            file.unlink(missing_ok=True)
            if work.total.bytes < 0:
                raise
            work.leave_out_once(owner, "/".join(parts), str(why))
        except NotImplementedError:
            file.unlink(missing_ok=True)
            why = "it is packed in a way that cannot be unpacked here: ask for an ordinary zip file."
            work.into.leave_out("/".join(parts), why)
        except Exception as error:  # whatever unpacking hostile bytes brings: it must stop nobody else
            file.unlink(missing_ok=True)
            work.into.leave_out("/".join(parts), f"it is damaged ({type(error).__name__}: {error}).")
        else:
            return file
        return None

    def _copy(self, member: Member, file: Path, work: "_Work", owner: str, most: int) -> None:
        budget = work.budget(owner, self._bounds.student_bytes)
        own = Budget(most)
        with member.open() as source, file.open("wb") as out:
            while piece := source.read(2**20):
                for each in (work.total, budget, own):
                    each.take(len(piece))
                out.write(piece)

    def _read_receipt(self, member: Member, name: str, work: "_Work") -> None:
        try:
            with member.open() as source:
                text = source.read(_LONGEST_RECEIPT).decode("utf-8-sig", errors="replace")
        except Exception:  # without it, the name itself says whose it is
            return
        student = receipt_student(text)
        if student:
            work.into.receipts[read_platform_name(name, self._patterns).student] = student


@dataclass
class _Work:
    """The state of sifting one download."""

    into: Sifted
    total: Budget
    archives: int
    budgets: dict[str, Budget]
    said: set[str] = field(default_factory=set)

    def budget(self, owner: str, most: int) -> Budget:
        """What may still be unpacked for a student."""
        return self.budgets.setdefault(owner, Budget(most))

    def leave_out_once(self, owner: str, what: str, why: str) -> None:
        """Notes the first file of a student's that was too much."""
        if owner not in self.said:
            self.said.add(owner)
            self.into.leave_out(what, why)
