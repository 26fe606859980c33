"""The fork server, inside the sandbox: imports once, then forks a box for each submission that is announced.

It has one thread and no thread pool of a library, since forking is sound only so. It holds no secret, no
expected value and nothing of any submission.
"""

import gc
import importlib
import importlib.util
import io
import os
import signal
import socket
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.kernels.messages import MessageStream, StreamClosed
from grader.sandbox import linux, rights
from utils.notebook.unattended import absent_sentence

_MAX_BYTES = 16 * 2**20
"""Of a message from the trusted side."""


class _Absent(MetaPathFinder):
    """An import hook whose error says why a hidden package or module is missing."""

    def __init__(self, names: list[str]):
        self.names = set(names)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if self.hides(name):
            raise ModuleNotFoundError(absent_sentence(name), name=name)

    def hides(self, name: str) -> bool:
        """Returns True if the module is absent, by itself or with its package."""
        return name in self.names or name.partition(".")[0] in self.names

    def install(self) -> None:
        """Puts the hook first, and lets `importlib.util.find_spec` answer None for what is absent.

        Libraries ask by that function, and expect no error: torch._dynamo does so for a list of packages
        when it is first used.
        """
        usual = importlib.util.find_spec

        def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
            return None if self.hides(name) else usual(name, package)

        importlib.util.find_spec = find_spec
        sys.meta_path.insert(0, self)


def main(descriptor: int) -> None:
    """Imports everything, reports that it is ready, and forks boxes until the stream is closed."""
    stream = MessageStream(socket.socket(fileno=descriptor), _MAX_BYTES)
    settings = stream.receive()
    if settings["uid"] is not None:
        rights.become(settings["uid"])
    with suppress(OSError):  # only Linux has it
        linux.set_dumpable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shell = _warm_up(settings)
    stream.send({"ready": os.getuid()})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that ended children are reaped without a wait
    while True:
        try:
            task, given = stream.receive_with_descriptor()
        except StreamClosed:
            os._exit(0)
        if given is None:
            raise ValueError("a submission is announced with the socket of its box")
        if not os.fork():
            stream.close()
            _serve_boxes(given, shell, settings, task)
        os.close(given)


def _serve_boxes(descriptor: int, shell: Any, settings: dict[str, Any], task: dict[str, Any]) -> None:
    from grader.kernels.box_init import run_box

    run_box(descriptor, shell, settings, task)


def _warm_up(settings: dict[str, Any]) -> Any:
    """Imports all that the week's notebook imports, and does once everything that is slow the first time."""
    _Absent(settings["absent"]).install()
    for name, folder in settings["data_packages"].items():
        sys.modules[name] = _data_package(name, folder)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for name in settings["preload"]:
            try:
                importlib.import_module(name)
            except Exception:  # it shows in the notebook, where that imports it
                continue
        return _make_shell(settings)


def _make_shell(settings: dict[str, Any]) -> Any:
    from grader.kernels import snapshot, warmup
    from grader.kernels.shell import make_shell
    from grader.kernels.threads import keep_one_thread
    from utils.checks.engine import check, plain_data

    plain_data.set_max_bytes(settings["message_bytes"])
    check.use_judge(snapshot.NotHere())
    keep_one_thread()
    shell = make_shell()
    warmup.warm_up(shell)
    gc.collect()
    gc.freeze()
    return shell


def _data_package(name: str, folder: str) -> ModuleType:
    """Returns a package that has its data files and no code."""
    loader = SourceFileLoader(name, str(Path(folder, "__init__.py")))
    spec = spec_from_loader(name, loader, is_package=True)
    assert spec is not None  # None only without a loader
    return module_from_spec(spec)


if __name__ == "__main__":
    main(int(sys.argv[1]))
