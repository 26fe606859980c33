"""Install the packages: by uv if it is installed or can be fetched, else by pip."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment import ROOT, Environment
from pip_settings import PipSettings, read_settings, wheels_of_torch
from problems import problem_of
from progress import Progress, venv_program

OLDEST_UV = (0, 7, 14)
"""The first version that chooses PyTorch's build by itself."""
CUDA_COMES = "so PyTorch comes from the usual one: on Linux with CUDA, several GB more"


def locked_version(package: str) -> str:
    """Return the version of a package in requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==([^\s;]+)", lock, re.MULTILINE)
    assert found is not None, f"requirements.lock has no version of {package}"
    return found[1]


def uv_on_path() -> str | None:
    """Return the path of the machine's uv; None if it has none, or one that is too old."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    try:
        output = subprocess.run([uv, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return None
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", output)
    return uv if found and tuple(map(int, found.groups())) >= OLDEST_UV else None


class Installer:
    """Installs the course and its dependencies into an environment."""

    def __init__(self, environment: Environment, progress: Progress) -> None:
        self._environment = environment
        self._progress = progress
        self._pip = [str(environment.python), "-m", "pip", "--disable-pip-version-check"]
        self._settings = PipSettings()

    def install(self, extras: Sequence[str]) -> str:
        """Install the base and these extras at the versions of the lock.

        Returns:
            The name of the installer that was used.

        Raises:
            SetUpProblem: the installation failed.
        """
        self._settings = self._read_settings()
        what = [
            "--editable",
            f".[{','.join(extras)}]" if extras else ".",
            "--constraint",
            "requirements.lock",
        ]
        fetched = self._environment.folder / ".uv"
        uv = uv_on_path() or self._uv_inside() or self._fetch_uv(fetched)
        try:
            if uv and self._install_by_uv(uv, what):
                return "uv"
        finally:
            shutil.rmtree(fetched, ignore_errors=True)
        if not uv and sys.platform == "linux" and not self._has_torch() and not self._wheels():
            self._progress.tell(f"uv, which chooses PyTorch's build, cannot be had, {CUDA_COMES}.")
        self._run([*self._pip, "install", *what])
        return "pip"

    def fetch(self, requirement: str, folder: Path) -> Path:
        """Download a package's wheel into a folder."""
        self._run(
            [*self._pip, "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement]
        )
        return next(folder.glob("*.whl"))

    def _read_settings(self) -> PipSettings:
        """Return pip's configuration, read by the environment's pip or else by that of the current Python."""
        for python in (str(self._environment.python), sys.executable):
            command = [python, "-m", "pip", "config", "list"]
            done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
            if done.returncode == 0:
                return read_settings(done.stdout)
        return PipSettings()

    def _uv_inside(self) -> str | None:
        uv = venv_program(self._environment.folder, "uv")
        return str(uv) if uv.exists() else None

    def _fetch_uv(self, folder: Path) -> str | None:
        """Fetch the locked version of uv with pip, for this set-up only; None if that fails."""
        wanted = f"uv=={locked_version('uv')}"
        command = [*self._pip, "install", "--no-deps", "--only-binary=:all:", "--target", str(folder), wanted]
        code, output = self._progress.run(command, os.environ, ROOT)
        # If pip lacks network, space or permission for uv, it lacks them for the packages, too.
        if code and (problem := problem_of(output, self._environment.log)).is_known:
            raise problem
        program = folder / "bin" / ("uv.exe" if os.name == "nt" else "uv")
        return str(program) if not code and program.exists() else None

    def _install_by_uv(self, uv: str, what: Sequence[str]) -> bool:
        """Install by uv, and return True if it succeeded.

        False means that pip may still succeed, for example because only pip is configured for the network.
        """
        options = ["--python", str(self._environment.python), *self._settings.uv_options()]
        options += [] if _can_write_cache(uv) else ["--no-cache"]
        install = [uv, "pip", "install", *options]
        backend = self._torch_backend(install)
        command = [*install, *backend, *what, "pip", "--build-constraint", "requirements.lock"]
        code, output = self._progress.run(command, self._uv_variables(), ROOT)
        problem = problem_of(output, self._environment.log)
        if code and (problem.stops_any_installer or not self._environment.starts("-m", "pip", "--version")):
            raise problem
        if code:
            self._progress.tell("uv could not install the packages: trying pip.")
        return code == 0

    def _torch_backend(self, install: Sequence[str]) -> list[str]:
        """Return uv's option for PyTorch's build, and show one line that states which build it is."""
        if self._has_torch():
            return []
        if chosen := os.environ.get("UV_TORCH_BACKEND"):
            self._progress.tell(f"PyTorch: the build {chosen}, as UV_TORCH_BACKEND says.")
            return [f"--torch-backend={chosen}"]
        if wheels := self._wheels():
            self._progress.tell(f"PyTorch: {wheels[0].name}, which pip's settings name on this disk.")
            return []
        if self._settings.no_index or sys.platform == "darwin":
            return []  # no choice: there is no index, or a Mac, for which there is only one build
        auto = ["--torch-backend=auto"]
        probe = [*install, *auto, "--dry-run", "--no-deps", f"torch=={locked_version('torch')}"]
        fail_fast = {**self._uv_variables(), "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "15"}
        code, output = self._progress.run(probe, fail_fast, ROOT)
        if code:
            self._progress.tell(f"PyTorch's own index cannot be reached, {CUDA_COMES}.")
            return []
        build = next(iter(re.findall(r"torch==(\S+)", output)), "")
        reason = (
            "there is no graphics card here" if build.endswith("+cpu") else "for this machine's graphics card"
        )
        self._progress.tell(f"PyTorch: {build}, {reason}.")
        return auto

    def _has_torch(self) -> bool:
        """Return True if the environment already has the locked PyTorch, in any build."""
        pattern = f"torch-{locked_version('torch')}*.dist-info"
        return any(next(place.glob(pattern), None) for place in self._environment.site_packages())

    def _wheels(self) -> list[Path]:
        return wheels_of_torch(self._settings.find_links, locked_version("torch"), sys.version_info[:2])

    def _uv_variables(self) -> dict[str, str]:
        # Use the machine's certificates; the variable's name differs between versions of uv.
        certificates = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
        quiet = {"UV_NO_PROGRESS": "true", "NO_COLOR": "1"}
        return {**self._settings.environment, **certificates, **os.environ, **quiet}

    def _run(self, command: Sequence[str]) -> None:
        code, output = self._progress.run(command, os.environ, ROOT)
        if code:
            raise problem_of(output, self._environment.log)


def _can_write_cache(uv: str) -> bool:
    try:
        result = subprocess.run([uv, "cache", "dir", "--color", "never"], capture_output=True, text=True)
        folder = Path(result.stdout.strip())
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK)
    except OSError:
        return False
