"""A check that its user stops: with ■ in a notebook, with Ctrl-C elsewhere."""

import sys
from types import TracebackType

from utils.checks.engine.report import Report


class CheckStopped(KeyboardInterrupt):
    """The user stopped a check. As a KeyboardInterrupt it also stops the rest of the cell or script."""

    def __init__(self, report: Report):
        super().__init__(f"{report.check}: {report.headline}")
        self.report = report
        """How far the check had got."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this in place of the engine's stack: the card has already shown the student's line.
        return [f"KeyboardInterrupt: {self}"]


def hide_stack() -> None:
    """Makes Python print a `CheckStopped` without its stack. IPython calls `_render_traceback_` instead."""
    previous = sys.excepthook
    if getattr(previous, "hides_stack", False):
        return

    def hook(kind: type[BaseException], raised: BaseException, trace: TracebackType | None) -> None:
        if isinstance(raised, CheckStopped):
            print("\n".join(raised._render_traceback_()), file=sys.stderr)
        else:
            previous(kind, raised, trace)

    hook.hides_stack = True  # type: ignore[attr-defined]  # a function may have attributes
    sys.excepthook = hook
