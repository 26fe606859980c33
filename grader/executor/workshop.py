"""What stays warm between submissions: the judge's bench, and a parent of kernels for each kind of week."""

from collections import OrderedDict
from dataclasses import replace

from grader.executor.source import SourceNotebook
from grader.judge.bench import Bench
from grader.kernels.trouble import GraderTrouble
from grader.kernels.warm import WarmParent
from grader.sandbox.limits import Limits
from grader.sandbox.view import student_view
from utils.verdicts.judge import UnknownCheck

_MOST_PARENTS = 2
"""Parents that are kept: one takes about 250 MB, of which most is shared with nobody."""


class Workshop:
    """One process's warm things. Use it from one thread at a time."""

    def __init__(self) -> None:
        self._bench: Bench | None = None
        self._parents: OrderedDict[tuple, WarmParent] = OrderedDict()

    def bench(self, source: SourceNotebook) -> Bench:
        """The judge's bench, with the week's verdicts."""
        if self._bench is None:
            self._bench = Bench()
        try:
            self._bench.prepare(source.checks)
        except UnknownCheck as unknown:
            raise GraderTrouble(f"{source.week} asks for a check that no verdict is on: {unknown}") from None
        return self._bench

    def parent(self, source: SourceNotebook, limits: Limits) -> WarmParent:
        """A warm parent for the week. One that was just started gets ready while the caller goes on."""
        key = self._key(source, limits)
        if key in self._parents and not self._parents[key].alive():
            self._parents.pop(key).close()
        if key not in self._parents:
            while len(self._parents) >= _MOST_PARENTS:
                self._parents.popitem(last=False)[1].close()
            view = student_view(source.absent(), source.needs())
            self._parents[key] = WarmParent(view, source.preload(), limits)
        self._parents.move_to_end(key)
        return self._parents[key]

    def discard(self, source: SourceNotebook, limits: Limits) -> None:
        """Ends the week's parent, and with it everything that a submission may have left."""
        parent = self._parents.pop(self._key(source, limits), None)
        if parent is not None:
            parent.close()

    def close(self) -> None:
        """Ends all parents."""
        while self._parents:
            self._parents.popitem()[1].close()

    def _key(self, source: SourceNotebook, limits: Limits) -> tuple:
        # Limits of time are the caller's own business: the parent needs those of space.
        of_space = replace(limits, cell_seconds=0, notebook_seconds=0)
        return source.absent(), source.preload(), source.needs(), of_space
