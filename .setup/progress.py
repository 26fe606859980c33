"""Show the progress of a set-up: one line on the screen, everything in a log."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TextIO

WIDTH = 79


class Progress:
    """The display: on a terminal one line that is updated; elsewhere a line for each step."""

    def __init__(self, log: IO[str], screen: TextIO = sys.stdout, live: bool | None = None) -> None:
        self._log = log
        self._screen = screen
        self._live = screen.isatty() if live is None else live
        self._began = time.monotonic()
        self._step = ""

    def step(self, text: str) -> None:
        """Show the beginning of a step."""
        self._step = text
        self._write_log(f"== {text}")
        if self._live:
            self._write_over(text)
        else:
            self._print(text)

    def tell(self, text: str) -> None:
        """Show a line that stays, such as a decision."""
        self._write_log(text)
        if self._live:
            self._write_over("")
        self._print(text)

    def finish(self, text: str) -> None:
        """Show the last line, with the total seconds."""
        self.tell(f"{text} in {self.seconds()} s.")

    def seconds(self) -> int:
        """Return the whole seconds since the beginning."""
        return round(time.monotonic() - self._began)

    def run(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[int, str]:
        """Run a command and log its output.

        Returns:
            Its exit code and its output; 127 and the error if it cannot be started.
        """
        self._write_log("$ " + " ".join(command))
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
            self._write_log(str(error))
            return 127, str(error)
        try:
            output = self._follow(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process.wait(), output

    def _follow(self, process: subprocess.Popen[str]) -> str:
        """Return all output of a process, and update the seconds on the screen meanwhile."""
        assert process.stdout is not None, "started with a pipe"
        stdout = process.stdout
        lines: queue.Queue[str | None] = queue.Queue()

        def read() -> None:
            for line in stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        output: list[str] = []
        latest = ""
        while True:
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                line = ""
            if line is None:
                return "".join(output)
            if line:
                output.append(line)
                self._write_log(line.rstrip())
                latest = line.strip() or latest
            if self._live:
                self._write_over(f"{self._step} · {self.seconds()} s · {latest}")

    def _write_log(self, text: str) -> None:
        self._log.write(text + "\n")
        self._log.flush()

    def _write_over(self, text: str) -> None:
        self._put(f"\r{text[:WIDTH].ljust(WIDTH)}\r{text[:WIDTH]}")

    def _print(self, text: str) -> None:
        self._put(text + "\n")

    def _put(self, text: str) -> None:
        # A terminal whose encoding lacks `·`, such as an old Windows code page, shows `?`.
        encoding = self._screen.encoding or "utf-8"
        self._screen.write(text.encode(encoding, "replace").decode(encoding))
        self._screen.flush()


def venv_program(venv: Path, name: str) -> Path:
    """Return the path of a program in a virtual environment."""
    return venv / ("Scripts" if os.name == "nt" else "bin") / (f"{name}.exe" if os.name == "nt" else name)
