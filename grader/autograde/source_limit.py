"""Cuts a student's text and code to a size that nbgrader can render within seconds.

nbgrader renders graded notebooks, for formgrader and for the feedback, with regular expressions that
backtrack: ten thousand blank lines take its syntax highlighting twenty seconds, a million characters of
unfinished mathematics take its Markdown an hour. One such submission would stop all feedback.
"""

import re

LONGEST = 20_000
"""Characters of one cell: ten times the longest answer of the course."""
_ALL = 5 * LONGEST
"""Characters of all of a student's cells together."""
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*+\n){50,}+")
_FENCE = re.compile(
    r"^(?P<fence>[ \t>]*+(?:`{3,}+|~{3,}+))(?![ \t]*+(?:python3?|py)?[ \t]*+$)[^\n]*", re.MULTILINE
)
"""The first line of a fenced block in another language than Python, whose highlighting may be slow too."""
_CUT = "… cut off here: of a cell a page shows {:,} characters, and of a notebook {:,}."


class SourceLimit:
    """The limit on the text of a notebook's cells. Call it for the cells in order."""

    def __init__(self) -> None:
        self._left = _ALL

    def words(self, text: str) -> str:
        """Returns a written answer, cut to the limit."""
        return self._cut(_FENCE.sub(r"\g<fence>", text), "\n\n")

    def code(self, text: str) -> str:
        """Returns a cell's code, cut to the limit."""
        return self._cut(text, "\n# ")

    def _cut(self, text: str, before: str) -> str:
        text = _BLANK_LINES.sub("\n\n\n", text)
        kept = text[: min(LONGEST, self._left)]
        self._left -= len(kept)
        return kept if kept == text else kept + before + _CUT.format(LONGEST, _ALL)
