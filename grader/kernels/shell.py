"""The shell in which a submission's cells run: IPython's, with recorded and limited outputs."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from traitlets import Type
from traitlets.config import Config

from utils.checks.engine.report import MIME
from utils.notebook import unattended

KEPT = ("text/plain", "image/png", "image/jpeg")
"""Types of a rich output that are kept. A student's HTML would run in the instructor's browser."""

MAX_REPORT_CHARACTERS = 20_000
"""Of a report that an instructor's own check shows."""
_ERROR_CHARACTERS = 20_000
"""An error has at least so many, since it matters more than what was printed before it."""
_CANNOT_EXECUTE = 126
"""Exit status of a shell for a program that may not be started."""


class Recorder:
    """The outputs of the running cell in nbformat's form, up to a number of characters."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self._left = 0
        self._cut = False

    def begin(self, limit: int) -> None:
        """Starts a new cell, whose outputs may have `limit` characters."""
        self.outputs, self._left, self._cut = [], limit, False

    def stream(self, name: str, text: str) -> None:
        """Records printed text."""
        text = self._take(text)
        if not text:
            return
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def rich(self, kind: str, data: dict[str, Any], count: int | None = None) -> None:
        """Records a value or a picture that a cell shows."""
        kept = {each: data[each] for each in KEPT if isinstance(data.get(each), str)}
        if sum(map(len, kept.values())) > self._left:  # a part of a picture cannot be shown
            kept = {"text/plain": self._take(kept.get("text/plain", "(too large to be kept)"))}
        else:
            self._left -= sum(map(len, kept.values()))
        if (
            isinstance(data.get(MIME), dict)
            and len(report := json.dumps(data[MIME])) <= MAX_REPORT_CHARACTERS
        ):
            kept[MIME] = report
        output = {"output_type": kind, "data": kept, "metadata": {}}
        self.outputs.append(output | ({"execution_count": count} if kind == "execute_result" else {}))

    def error(self, name: str, message: str, traceback: list[str]) -> None:
        """Records an exception that ended a cell."""
        self._left = max(self._left, _ERROR_CHARACTERS)
        lines = [self._take(line) for line in traceback]
        self.outputs.append(
            {"output_type": "error", "ename": name[:200], "evalue": message[:2000], "traceback": lines}
        )

    def _take(self, text: str) -> str:
        taken = text[: max(self._left, 0)]
        self._left -= len(taken)
        if len(taken) < len(text) and not self._cut:
            self._cut = True
            taken += "\n… cut off here: this cell shows more than is kept.\n"
        return taken


RECORDER = Recorder()


class _Stream(io.TextIOBase):
    """A replacement for stdout or stderr that records the text."""

    encoding = "utf-8"

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        RECORDER.stream(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):
    def publish(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        RECORDER.rich("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        """Does nothing: outputs that were shown stay."""


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """Does nothing."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: object = None) -> None:
        RECORDER.rich("execute_result", format_dict, self.prompt_count)

    def log_output(self, format_dict: dict[str, Any]) -> None:
        """Does nothing."""

    def finish_displayhook(self) -> None:
        """Does nothing."""


class GradingShell(InteractiveShell):
    """IPython's shell, without a terminal, a history file or a person."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def init_io(self) -> None:
        """Does nothing: `recorded` replaces the streams for each cell."""

    def enable_gui(self, gui: object = None) -> None:
        """Does nothing: there is no display."""

    def system(self, cmd: str) -> None:
        """Starts nothing, and prints that: `!pip install einops` above an answer must not cost the answer."""
        program = Path(next(iter(cmd.split()), "")).name
        print(f"{program}: no program is started where work is graded; the rest of the cell runs")
        self.user_ns["_exit_code"] = _CANNOT_EXECUTE

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | str:
        """Starts nothing and returns an empty output."""
        self.system(cmd)
        return SList() if split else ""

    def _showtraceback(self, etype: type[BaseException], evalue: object, stb: list[str]) -> None:
        RECORDER.error(str(getattr(etype, "__name__", etype)), _message(evalue), stb)


def make_shell() -> GradingShell:
    """Returns the process's shell. It is made once, in the fork server: every kernel inherits it."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    config.InteractiveShell.cache_size = 0  # so that `Out` keeps no value alive
    shell = GradingShell.instance(config=config)
    unattended.begin(shell)
    return shell


@contextmanager
def recorded(limit: int) -> Iterator[Recorder]:
    """Records everything that is shown inside the block."""
    before = sys.stdout, sys.stderr
    RECORDER.begin(limit)
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
    try:
        yield RECORDER
    finally:
        sys.stdout, sys.stderr = before


def run_cell(shell: GradingShell, code: str, limit: int) -> dict[str, Any]:
    """Runs one cell; returns its outputs, and whether it ended without an error."""
    with recorded(limit) as recorder:
        result = shell.run_cell(code, store_history=True)
    for output in recorder.outputs:
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"])
    return {"outputs": recorder.outputs, "success": bool(result.success)}


def _message(error: object) -> str:
    try:
        return str(error)
    except Exception:  # an exception class of the student's may have a faulty __str__
        return "(its message cannot be read)"
