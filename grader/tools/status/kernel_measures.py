"""What a kernel notes of itself while a notebook is measured: the time of every cell, and the peak memory."""

import json
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

PAUSE = 0.02
"""Seconds between two looks at the memory. A tensor that lives for a shorter time is also seen in the files'
share at the end, or is too small to matter."""


class KernelMeasures:
    """Times the cells of an IPython shell and watches the memory of its process.

    Memory in use is what the process has allocated, at its peak, and the parts of files that it has mapped,
    such as libraries and weights. A part that is mapped twice is in memory once and counts once, which is not
    so in the resident size that `top` shows.
    """

    def __init__(self, shell: Any):
        self._began = 0.0
        self._cells: list[tuple[float, int]] = []
        self._most = 0
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        threading.Thread(target=self._watch, daemon=True).start()

    def as_json(self) -> str:
        """Returns `cells`, for each its processor seconds and the most bytes allocated so far; and `peak`."""
        return json.dumps({"cells": self._cells, "peak": self._peak()})

    def _before(self, info: Any) -> None:
        self._began = time.process_time()

    def _after(self, result: Any) -> None:
        self._most = max(self._most, allocated())
        self._cells.append((time.process_time() - self._began, self._most))

    def _watch(self) -> None:
        while True:
            self._most = max(self._most, allocated())
            time.sleep(PAUSE)

    def _peak(self) -> int:
        if sys.platform == "linux":
            return max(self._most, allocated()) + mapped(Path("/proc/self/smaps").read_text())
        unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def allocated() -> int:
    """Returns the memory of this process that is not a file's, in bytes; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return 1024 * int(fields["RssAnon"].split()[0])


def mapped(smaps: str) -> int:
    """Returns the bytes of mapped files that are in memory, from `smaps` (proc(5)); each part counts once."""
    parts: dict[tuple[str, str], int] = {}
    part, resident = ("", ""), 0
    for line in smaps.splitlines():
        name, *fields = line.split()
        if not name.endswith(":"):  # a mapping: its addresses, access, offset, device, inode, path
            part = (fields[1], " ".join(fields[4:]))
        elif name == "Rss:":
            resident = int(fields[0])
        elif name == "Anonymous:" and part[1].startswith("/"):  # pages of the mapping that were written to
            parts[part] = max(parts.get(part, 0), resident - int(fields[0]))
    return 1024 * sum(parts.values())
