"""Extracts the notebooks of a download into a scratch folder, under numbers as names."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from re import Pattern

from grader.collection.containers import Budget, Member, NotUnpacked, members_of_archive
from grader.collection.names import archive_stem, is_junk, notebook_stem
from grader.collection.platforms import is_receipt, read_platform_name, receipt_student

_LONGEST_RECEIPT = 4096
_MAX_NAMED = 5
"""The number of left-out files that are named for each download; the others are counted."""


@dataclass(frozen=True)
class Bounds:
    """Limits on what is extracted."""

    student_bytes: int
    """Bytes to unpack for one student."""
    class_bytes: int
    """Bytes to unpack of one download."""
    notebook_bytes: int
    files: int
    """Files that one archive may list."""
    depth: int
    """The nesting depth of one student's archives."""


@dataclass(frozen=True)
class Found:
    """A notebook in a download."""

    parts: tuple[str, ...]
    """Its path in the download; nested archives count as folders."""
    time: float
    """Modification time in seconds since the epoch; 0 if unknown."""
    file: Path
    """The file in the scratch folder."""
    place: int = 0
    """Its position in the archive: of two files with one name, the last counts."""


@dataclass
class Sifted:
    """The contents of a download."""

    found: list[Found] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)
    """The user name in Blackboard's text file, by the part of the name before the time."""
    left_out: list[str] = field(default_factory=list)
    """Sentences on files that were left out."""

    def leave_out(self, name: str, reason: str) -> None:
        """Records that a file was left out."""
        self.left_out.append(f"{name[:200]!r} is left out: {reason}")

    @property
    def summary(self) -> list[str]:
        """The first sentences on left-out files, and the number of the others."""
        more = len(self.left_out) - _MAX_NAMED
        return self.left_out[:_MAX_NAMED] + ([f"{more} more files are left out."] if more > 0 else [])


class Sifter:
    """Extracts the notebooks of one download after the other."""

    def __init__(self, scratch: Path, bounds: Bounds, patterns: Iterable[Pattern[str]] = ()):
        """Sets up an extraction into the folder `scratch`.

        Args:
            patterns: name patterns of further platforms; see `read_platform_name`.
        """
        self._scratch, self._bounds, self._patterns = scratch, bounds, tuple(patterns)
        self._numbers = count()

    def sift(self, members: Callable[[Budget], Iterator[Member]], archives: int) -> Sifted:
        """Extracts the notebooks among the members of one download.

        Args:
            members: returns the members, given the bytes that may be unpacked to list them.
            archives: the number of archives already open: 1 for an archive, 0 for a folder.
        """
        into = Sifted()
        total = Budget(self._bounds.class_bytes)
        work = _Work(into, total, archives, {})
        # Listing a compressed stream unpacks it. No platform packs a class's download as one, so that the
        # limit for one student is enough.
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
        except NotUnpacked as error:
            work.into.left_out.append(
                f"{'/'.join(above) or 'The download'} was not unpacked any further: {error}"
            )

    def _one(self, member: Member, parts: tuple[str, ...], work: "_Work") -> None:
        name = parts[-1]
        if notebook_stem(name) is not None:
            if (file := self._copy(member, parts, work, self._bounds.notebook_bytes)) is not None:
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
        file = self._copy(member, parts, work, self._bounds.student_bytes)
        if file is None:
            return
        budget = work.budget(self._owner(parts), self._bounds.student_bytes)
        self._each(members_of_archive(file, parts[-1], self._bounds.files, budget), parts, work)
        file.unlink()

    def _archives(self, parts: tuple[str, ...], work: "_Work") -> int:
        """Returns the nesting depth of the archive at `parts`, not counting a class's archive around it."""
        start = self._owner_place(parts)
        before = work.archives if start is None else 0
        return before + sum(archive_stem(part) is not None for part in parts[start or 0 :])

    def _owner_place(self, parts: tuple[str, ...]) -> int | None:
        named = (at for at, part in enumerate(parts) if read_platform_name(part, self._patterns))
        return next(named, None)

    def _owner(self, parts: tuple[str, ...]) -> str:
        """Returns the key under which bytes are counted together: one for each student."""
        place = self._owner_place(parts)
        name = None if place is None else read_platform_name(parts[place], self._patterns)
        return "" if name is None else f"{name.student}_{name.number}"

    def _copy(self, member: Member, parts: tuple[str, ...], work: "_Work", limit: int) -> Path | None:
        """Copies a member into the scratch folder; None, with a message, if it is left out."""
        file = self._scratch / str(next(self._numbers))
        owner = self._owner(parts)
        try:
            self._write(member, file, work, owner, limit)
        except NotUnpacked as error:
            file.unlink(missing_ok=True)
            if work.total.bytes < 0:
                raise
            work.leave_out_once(owner, "/".join(parts), str(error))
        except NotImplementedError:
            file.unlink(missing_ok=True)
            reason = "it is packed in a way that cannot be unpacked here: ask for an ordinary zip file."
            work.into.leave_out("/".join(parts), reason)
        except (
            Exception
        ) as error:  # hostile bytes raise anything, and must not stop the other students' files
            file.unlink(missing_ok=True)
            work.into.leave_out("/".join(parts), f"it is damaged ({type(error).__name__}: {error}).")
        else:
            return file
        return None

    def _write(self, member: Member, file: Path, work: "_Work", owner: str, limit: int) -> None:
        assert member.open is not None, "only members with a problem cannot be opened"
        budget = work.budget(owner, self._bounds.student_bytes)
        own = Budget(limit)
        with member.open() as source, file.open("wb") as out:
            while piece := source.read(2**20):
                for each in (work.total, budget, own):
                    each.take(len(piece))
                out.write(piece)

    def _read_receipt(self, member: Member, name: str, work: "_Work") -> None:
        assert member.open is not None, "only members with a problem cannot be opened"
        try:
            with member.open() as source:
                text = source.read(_LONGEST_RECEIPT).decode("utf-8-sig", errors="replace")
        except Exception:  # hostile bytes raise anything; without the text, the student is read from the name
            return
        student, platform = receipt_student(text), read_platform_name(name, self._patterns)
        if student and platform:
            work.into.receipts[platform.student] = student


@dataclass
class _Work:
    """The state of one download's extraction."""

    into: Sifted
    total: Budget
    archives: int
    budgets: dict[str, Budget]
    reported: set[str] = field(default_factory=set)
    """The students of whom a file over the limit has been reported."""

    def budget(self, owner: str, limit: int) -> Budget:
        """Returns the budget of one student, of `limit` bytes at first."""
        return self.budgets.setdefault(owner, Budget(limit))

    def leave_out_once(self, owner: str, name: str, reason: str) -> None:
        """Records the first of a student's files that exceeded a limit."""
        if owner not in self.reported:
            self.reported.add(owner)
            self.into.leave_out(name, reason)
