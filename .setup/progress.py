"""Where the set-up is: one line on the screen, everything in a log."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

WIDTH = 79


class Progress:
    """One line that is written over on a terminal, and stays at the end; elsewhere a line for each step."""

    def __init__(self, log: IO[str], screen: IO[str] = sys.stdout, live: bool | None = None) -> None:
        self._log = log
        self._screen = screen
        self._live = screen.isatty() if live is None else live
        self._began = time.monotonic()
        self._step = ""

    def step(self, text: str) -> None:
        """A new step begins."""
        self._step = text
        self._note(f"== {text}")
        if self._live:
            self._write_over(text)
        else:
            self._print(text)

    def tell(self, text: str) -> None:
        """Show a line that stays, as what was decided."""
        self._note(text)
        if self._live:
            self._write_over("")
        self._print(text)

    def finish(self, text: str) -> None:
        """Show the last line, with the seconds that all took."""
        self.tell(f"{text} in {self.seconds()} s.")

    def seconds(self) -> int:
        """Whole seconds since the beginning."""
        return round(time.monotonic() - self._began)

    def run(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[int, str]:
        """Run a command and keep what it prints in the log.

        Returns:
            Its exit code and what it printed.
        """
        self._note("$ " + " ".join(command))
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            self._note(str(error))
            return 127, str(error)
        try:
            words = self._follow(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process.wait(), words

    def _follow(self, process: subprocess.Popen) -> str:
        """Read all that a process prints, and keep the seconds on the screen going."""
        lines: queue.Queue[str | None] = queue.Queue()

        def read() -> None:
            for line in process.stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        words, latest = [], ""
        while True:
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                line = ""
            if line is None:
                return "".join(words)
            if line:
                words.append(line)
                self._note(line.rstrip())
                latest = line.strip() or latest
            if self._live:
                self._write_over(f"{self._step} · {self.seconds()} s · {latest}")

    def _note(self, text: str) -> None:
        self._log.write(text + "\n")
        self._log.flush()

    def _write_over(self, text: str) -> None:
        self._put(f"\r{text[:WIDTH].ljust(WIDTH)}\r{text[:WIDTH]}")

    def _print(self, text: str) -> None:
        self._put(text + "\n")

    def _put(self, text: str) -> None:
        # A terminal without the sign `·`, as on Windows with an old code page, shows `?`.
        encoding = self._screen.encoding or "utf-8"
        self._screen.write(text.encode(encoding, "replace").decode(encoding))
        self._screen.flush()


def venv_program(venv: Path, name: str) -> Path:
    """Where a virtual environment has a program."""
    return venv / ("Scripts" if os.name == "nt" else "bin") / (f"{name}.exe" if os.name == "nt" else name)
