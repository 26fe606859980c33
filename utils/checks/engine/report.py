"""The report of a check: as plain data, as text for a terminal and as an HTML card for JupyterLab."""

import re
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

MIME = "application/vnd.gpt2-course.check+json"
"""The MIME type under which a notebook stores each report as data, for `course check` and instructors."""

NOT_WRITTEN = "not written yet"
"""The outcome of an exercise whose stub is unchanged, wherever it is shown."""


@dataclass(frozen=True)
class Report:
    """The outcome of one check. Plain data, since it may have been written in another process."""

    week: str
    check: str
    passed: bool
    cases: int
    """How many cases were tried."""
    failed: int
    """How many of them failed."""
    headline: str
    """The result in one line, without the mark and the check's name."""
    lines: tuple[tuple[str, str], ...] = ()
    """The diagnosis, as pairs of a label and a text."""
    mistake: str | None = None
    """The name of the mistake, if it is a known one."""
    written: bool = True
    """False if the exercise is still its stub."""
    notes: tuple[str, ...] = field(default=())
    """Remarks that do not make the check fail."""

    def to_plain(self) -> dict[str, Any]:
        """Returns the report as a dict of plain data."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "Report":
        """Returns the report that `to_plain` described."""
        lines = tuple((str(label), str(text)) for label, text in data["lines"])
        return cls(**{**data, "lines": lines, "notes": tuple(map(str, data["notes"]))})

    @property
    def mark(self) -> str:
        """✓ for right, ✗ for wrong, ○ for not written yet."""
        return "✓" if self.passed else "✗" if self.written else "○"

    def __str__(self) -> str:
        notes = "".join(f"  · {note}" for note in self.notes) if self.passed else ""
        first = f"{self.mark} {self.check:<16} {self.headline}{notes}"
        rows = [*self.lines, *(("note", note) for note in self.notes if not self.passed)]
        width = max((len(label) for label, _ in rows), default=0) + 2
        indent = "\n" + " " * (width + 2)
        body = [f"  {label:<{width}}" + text.replace("\n", indent) for label, text in rows]
        return "\n".join([first, *body])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": html_card(self), MIME: self.to_plain()}


# JupyterLab's variables follow its light and dark themes; the fallbacks are for exported pages.
_COLOURS = {
    "✓": "var(--jp-success-color1, #2e7d32)",
    "✗": "var(--jp-error-color1, #c62828)",
    "○": "var(--jp-warn-color1, #b26a00)",
}
_TEXT = "var(--jp-ui-font-color1, #1f1f1f)"
_FACE = "var(--jp-layout-color2, #f5f5f5)"
_MONO = "var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace)"


_BOX = f"background:{_FACE};color:{_TEXT};padding:6px 12px;border-radius:2px;line-height:1.5"
_GRID = "display:grid;grid-template-columns:max-content 1fr;align-items:baseline;gap:2px 1.2em;margin-top:6px"
# Fainter than the text, at a contrast of 5 or more to the face in both themes.
_LABEL = "opacity:0.75"


def html_card(report: Report) -> str:
    """Returns the report as HTML: a coloured edge, the headline, and the diagnosis in two columns."""
    colour = _COLOURS[report.mark]
    # A theme's red and orange alone are too faint to read on the face, in dark and in light.
    mark = f"color-mix(in srgb, {colour} 60%, {_TEXT})"
    head = (
        f'<b style="color:{mark}">{report.mark}</b> '
        f'<b style="font-family:{_MONO}">{escape(report.check)}</b>'
        f' <span style="margin-left:1em">{_prose(report.headline)}</span>'
    )
    rows = [*report.lines, *(("note", note) for note in report.notes)]
    body = "".join(_row(label, text) for label, text in rows)
    grid = f'<div style="{_GRID}">{body}</div>' if rows else ""
    state = f'data-check="{escape(report.check)}" data-passed="{str(report.passed).lower()}"'
    style = f"{_BOX};border-left:4px solid {colour}"
    return f'<div class="gpt2-course-check" {state} style="{style}">{head}{grid}</div>'


def _row(label: str, text: str) -> str:
    # Numbers and code read better in a fixed width; sentences do not.
    sentence = label in {"mistake", "look at", "note", "next", "question"}
    family = "" if sentence else f";font-family:{_MONO};font-size:0.92em"
    return (
        f'<div style="{_LABEL}">{escape(label)}</div>'
        f'<div style="white-space:pre-wrap;overflow-wrap:anywhere{family}">'
        f"{_prose(text) if sentence else escape(text)}</div>"
    )


def _prose(text: str) -> str:
    """Returns a sentence as HTML. Text between backticks becomes code, as in the notebooks' Markdown."""
    code = rf'<code style="font-family:{_MONO}">\1</code>'
    return re.sub(r"`([^`\s](?:[^`\n]*[^`\s])?)`", code, escape(text))


class CheckFailed(Exception):
    """A check did not pass. Raised only in a graded run, after the card has been shown."""

    def __init__(self, report: Report):
        super().__init__(f"{report.check}: {report.headline}")

    def _render_traceback_(self) -> list[str]:
        # IPython shows this in place of the engine's stack, which is of no use to the student.
        return [f"CheckFailed: {self}"]
