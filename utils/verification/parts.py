"""Where the parts come from that a verification runs: the course's own, or a student's."""

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from utils import own_parts
from utils.errors import CourseError
from utils.paths import find_home
from utils.weeks import WEEKS

_CHECKOUT = Path(__file__).resolve().parents[2]

WEEK_OF = {
    "build_vocab": 2,
    "decode": 2,
    "encode_special": 2,
    "attention_pattern": 5,
    "attention_scores": 5,
    "first_token_score": 6,
    "induction_score": 6,
    "previous_token_score": 6,
    "project_heads": 6,
    "count_parameters": 7,
    "residual_stream": 7,
    "fix_conv1d": 8,
    "load_gpt2": 8,
    "token_losses": 8,
    "generate": 9,
    "AdamW": 10,
    "next_token_loss": 10,
    "inside_attention": 12,
    "logit_difference": 12,
}
"""The parts that the facts use, and the week in which each is written."""


class PartMissing(CourseError):
    """A part that is not there yet. The message names it and its week."""


class Parts(Protocol):
    """Gives parts of the course by name."""

    title: str
    """Whose they are, for the table's title."""

    def get(self, name: str) -> Any:
        """Returns the part of that name.

        Raises:
            PartMissing: it is not written yet, or its week is not in this copy of the course.
            CourseError: it is written and cannot be used; the message says why.
        """
        ...


class CourseParts:
    """The course's own parts, from the last `parts.py` of this copy.

    The last week's are in none. They come from its solution where this is a checkout with solutions, and
    otherwise from the student's notebook.

    Args:
        code: the text of parts.py in place of the copy's.
        last: the code of the last week in place of the checkout's.
    """

    title = "the course's parts"

    def __init__(self, code: str | None = None, last: str | None = None):
        self._module = _run("parts", parts_code() if code is None else code)
        self._last_code = last_week_code() if last is None else last
        self._last: ModuleType | None = None

    def get(self, name: str) -> Any:
        """Returns the part of that name; raises as `Parts.get` says."""
        if name in vars(self._module):
            return vars(self._module)[name]
        if WEEK_OF[name] < WEEKS[-1].number:
            raise PartMissing(f"{name} is from week {WEEK_OF[name]}, which is not in this copy")
        if not self._last_code:
            return OwnParts().get(name)
        if self._last is None:
            with _parts_are(self._module), contextlib.redirect_stdout(io.StringIO()):
                self._last = _run("last_week", self._last_code)
        return vars(self._last)[name]


class OwnParts:
    """A student's parts, from the saved notebooks of all weeks.

    What a notebook imports from `parts` is looked up in the notebooks of earlier weeks, too.
    """

    title = "your parts"

    def __init__(self) -> None:
        self._parts = ModuleType("parts")
        self._parts.__getattr__ = _written_earlier  # type: ignore[method-assign]
        self._found: dict[str, Any] = {}  # looking a part up reads its notebook

    def get(self, name: str) -> Any:
        """Returns the part of that name; raises as `Parts.get` says."""
        if name not in self._found:
            self._found[name] = self._load(name)
        return self._found[name]

    def _load(self, name: str) -> Any:
        try:
            # Notebooks print where their parts come from, and some load a model.
            with _parts_are(self._parts), contextlib.redirect_stdout(io.StringIO()):
                return own_parts.written(name)
        except own_parts.NoOwnPart as error:
            raise (PartMissing(str(error)) if error.not_written else error) from error


def _written_earlier(name: str) -> Any:
    """Returns what `from parts import name` gets in a student's notebook: their own, from an earlier week."""
    # Python itself looks up names such as __path__.
    if name.startswith("_"):
        raise AttributeError(f"module 'parts' has no attribute {name!r}")
    return own_parts.written(name)


@contextlib.contextmanager
def _parts_are(module: ModuleType) -> Iterator[None]:
    """Makes `import parts` give this module during the context."""
    before = sys.modules.get("parts")
    sys.modules["parts"] = module
    try:
        yield
    finally:
        sys.modules.pop("parts")
        if before is not None:
            sys.modules["parts"] = before


def _run(name: str, code: str) -> ModuleType:
    module = ModuleType(f"{__name__}.{name}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(code, f"{name}.py", "exec"), module.__dict__)
    return module


def parts_code() -> str:
    """Returns the text of the last week's parts.py in this copy of the course; empty if there is none."""
    home = find_home()
    files = [home / week.folder / "parts.py" for week in reversed(WEEKS)]
    return next((file.read_text(encoding="utf-8") for file in files if file.is_file()), "")


def last_week_code() -> str:
    """Returns the set-up and work cells of the last week's source; empty where there are no solutions."""
    week = WEEKS[-1]
    source = _CHECKOUT / "solutions" / week.folder / f"{week.notebook}.py"
    if not source.is_file():
        return ""
    cells = re.split(r"^# %%", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return "\n".join(
        code
        for header, _, code in (cell.partition("\n") for cell in cells)
        if '"work"' in header or '"set-up"' in header
    )
