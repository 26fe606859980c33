"""Inspect, lock and make the virtual environment."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problems import SetUpProblem, problem_of
from progress import Progress, venv_program

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("requirements.lock", "pyproject.toml")


@dataclass(frozen=True)
class Environment:
    """A virtual environment, by its folder.

    Two files in it record the state of its set-up: `.unfinished` during it, `.ready` after it.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return venv_program(self.folder, "python")

    @property
    def ready(self) -> Path:
        """The file that records what a finished set-up installed."""
        return self.folder / ".ready"

    @property
    def unfinished(self) -> Path:
        """The file that exists during a set-up, and after an interrupted one."""
        return self.folder / ".unfinished"

    @property
    def lock_file(self) -> Path:
        """The file that a set-up locks. Not `.lock`, which uv locks: it would wait for this process."""
        return self.folder / ".set_up.lock"

    @property
    def log(self) -> Path:
        """The file with the output of the last set-up."""
        return self.folder / "set_up.log"

    def site_packages(self) -> list[Path]:
        """Return the folders of its packages."""
        return [*self.folder.glob("lib/python3.*/site-packages"), *self.folder.glob("Lib/site-packages")]

    def count_packages(self) -> int:
        """Return the number of its packages."""
        return sum(1 for place in self.site_packages() for _ in place.glob("*.dist-info"))

    def starts(self, *arguments: str) -> bool:
        """Return True if its Python runs with these arguments, and ends with exit code 0."""
        try:
            command = [str(self.python), *(arguments or ("-c", ""))]
            return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
        except OSError:
            return False

    def installed_extras(self) -> set[str] | None:
        """Return the extras of a usable environment, even if the lock has changed since; else None.

        It is usable if its set-up was finished, for this folder (scripts contain its absolute path), and its
        Python starts.
        """
        record = self._read_ready()
        if record is None or self.unfinished.exists() or record["folder"] != str(ROOT) or not self.starts():
            return None
        return set(record["extras"])

    def is_made_by_hand(self) -> bool:
        """Return True if it works and was not made by this set-up."""
        ours = self.ready.exists() or self.unfinished.exists()
        return not ours and self.starts("-m", "pip", "--version")

    def has(self, extras: Set[str]) -> bool:
        """Return True if it is usable, has these extras, and matches the lock and pyproject.toml."""
        installed, record = self.installed_extras(), self._read_ready()
        if installed is None or record is None:
            return False
        return extras <= installed and record["inputs"] == digest_of_inputs()

    def write_ready(self, extras: Set[str]) -> None:
        """Record that the set-up is finished."""
        record = {"folder": str(ROOT), "extras": sorted(extras), "inputs": digest_of_inputs()}
        self.ready.write_text(json.dumps(record), encoding="utf-8")
        self.unfinished.unlink()

    def clear(self) -> None:
        """Empty the folder, except for the files of the current set-up."""
        for path in self.folder.iterdir():
            if path in (self.unfinished, self.log, self.lock_file):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _read_ready(self) -> dict[str, Any] | None:
        try:
            record = json.loads(self.ready.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        is_valid = isinstance(record, dict) and record.keys() == {"folder", "extras", "inputs"}
        return record if is_valid else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and lock it against other set-ups, after waiting for one that runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("a") as file:
            _lock(file.fileno(), self.folder)
            yield


def digest_of_inputs() -> str:
    """Return the digest of the files that determine what is installed."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _lock(descriptor: int, folder: Path) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Another set-up in {folder} is under way: waiting for its end.", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return  # a file system without locks


def check_python() -> None:
    """Raise SetUpProblem if PyTorch has no build for this platform."""
    if sys.maxsize < 2**32:
        raise SetUpProblem(
            f"{sys.executable} is a 32-bit Python, and PyTorch needs a 64-bit one: install that."
        )
    if sys.platform == "darwin" and os.uname().machine == "x86_64":
        raise SetUpProblem(
            "PyTorch no longer comes for Macs with an Intel processor: use a Mac with Apple silicon, Linux, "
            "Windows or a notebook service. (On Apple silicon this Python is Intel's: install another.)"
        )


def has_venv() -> bool:
    """Return True if this Python can make a virtual environment with pip; Debian packages that separately."""
    command = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(command, capture_output=True).returncode == 0


def make(environment: Environment, progress: Progress, uv: str | None) -> None:
    """Make a virtual environment, by uv if there is one, else by Python's venv with pip in it.

    Raises:
        SetUpProblem: it failed.
    """
    if uv:
        command = [uv, "venv", "--allow-existing", "--python", sys.executable, str(environment.folder)]
    elif has_venv():
        command = [sys.executable, "-m", "venv", str(environment.folder)]
    else:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetUpProblem(
            f"{sys.executable} lacks its modules venv and ensurepip: install them (Debian, Ubuntu: "
            f"apt install python{version}-venv), then call the same command again."
        )
    code, output = progress.run(command, os.environ, ROOT)
    if code:
        raise problem_of(output, environment.log)
