"""The virtual environment: whether it is sound, what is in it, and making it."""

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

from problems import SetUpProblem, problem_of
from progress import Progress, venv_program

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("requirements.lock", "pyproject.toml")


@dataclass(frozen=True)
class Environment:
    """The folder of a virtual environment.

    Two files in it tell how far its set-up came: `.unfinished` while one is under way, `.ready` after it.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return venv_program(self.folder, "python")

    @property
    def ready(self) -> Path:
        """The file that says what a finished set-up has installed."""
        return self.folder / ".ready"

    @property
    def unfinished(self) -> Path:
        """The file that is there while a set-up is under way, and after one that was stopped."""
        return self.folder / ".unfinished"

    @property
    def lock_file(self) -> Path:
        """What a set-up locks; the name `.lock` is uv's own, which would wait for us."""
        return self.folder / ".set_up.lock"

    @property
    def log(self) -> Path:
        """What the last set-up printed."""
        return self.folder / "set_up.log"

    def site_packages(self) -> list[Path]:
        """Where its packages lie."""
        return [*self.folder.glob("lib/python3.*/site-packages"), *self.folder.glob("Lib/site-packages")]

    def count_packages(self) -> int:
        """How many packages it holds."""
        return sum(1 for place in self.site_packages() for _ in place.glob("*.dist-info"))

    def starts(self, *arguments: str) -> bool:
        """Whether its Python starts, with these arguments."""
        try:
            command = [str(self.python), *(arguments or ("-c", ""))]
            return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
        except OSError:
            return False

    def installed_extras(self) -> set[str] | None:
        """The extras of a sound environment, whatever the lock says by now; None where it is not sound.

        Sound is what was finished, in this folder (scripts name the folder they were made in), and starts.
        """
        note = self._note()
        if note is None or self.unfinished.exists() or note["folder"] != str(ROOT) or not self.starts():
            return None
        return set(note["extras"])

    def is_somebodys_own(self) -> bool:
        """Whether somebody made it by hand: it works, and no set-up has left a sign."""
        ours = self.ready.exists() or self.unfinished.exists()
        return not ours and self.starts("-m", "pip", "--version")

    def has(self, extras: Set[str]) -> bool:
        """Whether it is sound and has these extras, as the lock and pyproject.toml ask for them."""
        installed = self.installed_extras()
        return installed is not None and extras <= installed and self._note()["inputs"] == digest_of_inputs()

    def write_ready(self, extras: Set[str]) -> None:
        """Note that the set-up is finished."""
        note = {"folder": str(ROOT), "extras": sorted(extras), "inputs": digest_of_inputs()}
        self.ready.write_text(json.dumps(note), encoding="utf-8")
        self.unfinished.unlink()

    def clear(self) -> None:
        """Empty the folder, but for the files of the set-up that is under way."""
        for path in self.folder.iterdir():
            if path in (self.unfinished, self.log, self.lock_file):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _note(self) -> dict | None:
        try:
            note = json.loads(self.ready.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return note if isinstance(note, dict) and note.keys() == {"folder", "extras", "inputs"} else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and wait for the end of another set-up in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("a") as file:
            _lock(file.fileno(), self.folder)
            yield


def digest_of_inputs() -> str:
    """A digest of the files that say what is to be installed."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _lock(descriptor: int, folder: Path) -> None:
    if os.name == "nt":
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
    """Raises SetUpProblem where PyTorch has no build for this Python's kind."""
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
    """Whether this Python can make a virtual environment with pip in it; Debian keeps that part apart."""
    command = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(command, capture_output=True).returncode == 0


def make(environment: Environment, progress: Progress, uv: str | None) -> None:
    """Make a virtual environment, at once by uv or with pip in it by Python itself.

    Raises:
        SetUpProblem: that failed.
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
    code, words = progress.run(command, os.environ, ROOT)
    if code:
        raise problem_of(words, environment.log)
