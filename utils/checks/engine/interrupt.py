"""A check that its user stops: by ■ in a notebook, by Ctrl-C elsewhere."""

import sys
from types import TracebackType

from utils.checks.engine.report import Report


class CheckStopped(KeyboardInterrupt):
    """The user stopped a check. It stops what would run next, too, as any interrupt does."""

    def __init__(self, report: Report):
        super().__init__(f"{report.check}: {report.headline}")
        self.report = report
        """Where the check was when it was stopped."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this in place of a stack, which would be the engine's: the card has said where it was.
        return [f"KeyboardInterrupt: {self}"]


def hide_stack() -> None:
    """Makes Python itself show a `CheckStopped` without its stack. IPython asks the exception instead."""
    before = sys.excepthook
    if getattr(before, "hides_stack", False):
        return

    def hook(kind: type[BaseException], raised: BaseException, trace: TracebackType | None) -> None:
        if isinstance(raised, CheckStopped):
            print("\n".join(raised._render_traceback_()), file=sys.stderr)
        else:
            before(kind, raised, trace)

    hook.hides_stack = True
    sys.excepthook = hook
