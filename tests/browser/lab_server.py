"""One JupyterLab server for the tests: as `make lab` starts it, on a free port and a copy of the course."""

import os
import re
import shlex
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from patience import PATIENCE_S

REPOSITORY = Path(__file__).resolve().parents[2]
UP = re.compile(r"http://127\.0\.0\.1:(\d+)/")
"""What Jupyter's server prints when it has a port."""
NOWHERE = "http://127.0.0.1:9"
"""A proxy that nobody runs: what the server or a kernel asks of the network fails at once."""
TOKEN = "only-this-machine-can-reach-it"


class LabDidNotStart(RuntimeError):
    """JupyterLab ended, or kept silent, before it took requests; the message ends with what it printed."""


@dataclass
class LabServer:
    """A JupyterLab that works in `folder`; start it with `with LabServer(folder, home) as lab:`.

    Its settings, its workspaces and its kernels' files stay in `home`, so that a test neither sees nor
    changes what the person who runs it has chosen for their own JupyterLab.
    """

    folder: Path
    home: Path
    port: int = 0
    printed: list[str] = field(default_factory=list)
    _process: subprocess.Popen | None = None
    _up: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "LabServer":
        self._process = subprocess.Popen(
            ["sh", "-c", command_of_make_lab(self._options())],
            cwd=REPOSITORY,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        if not self._up.wait(timeout=PATIENCE_S) or self._process.poll() is not None:
            self.__exit__()
            raise LabDidNotStart("JupyterLab did not start. It printed:\n" + "".join(self.printed[-30:]))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _options(self) -> list[str]:
        return [
            "--no-browser",
            # The system gives a free one; one chosen here could be another's by the time it is used.
            "--port=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={self.folder}",
            f"--LabApp.workspaces_dir={self.home / 'workspaces'}",
            f"--LabApp.user_settings_dir={self.home / 'settings'}",
            # The page gives its application object away, so that a test can ask it instead of guessing.
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        ]

    def _environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "COURSE_HOME": "progress",
        }
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
        loopback = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost")
        folders = {name: str(self.home / folder) for name, folder in own.items()}
        return {**os.environ, **folders, **proxies, **loopback}

    def _read(self) -> None:
        """Keep what the server prints, and notice when it is up; a full pipe would stop it."""
        for line in self._process.stdout:
            self.printed.append(line)
            if not self.port and (found := UP.search(line)):
                self.port = int(found[1])
                self._up.set()
        self._up.set()


def command_of_make_lab(options: list[str]) -> str:
    """The shell command by which `make lab` would start JupyterLab in this Python's environment.

    `make -n` says it without running it, and without setting anything up.
    """
    recipe = subprocess.run(
        [
            "make",
            "-n",
            "--no-print-directory",
            "lab",
            f"VENV={sys.prefix}",
            f"LAB_OPTIONS={shlex.join(options)}",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return recipe.stdout.strip().splitlines()[-1]
