"""Install system packages by apt on Debian and Ubuntu, if this user may do so."""

import os
import shutil
import subprocess
from collections.abc import Iterable

from environment import ROOT
from progress import Progress


class Apt:
    """Runs apt-get as root, or by a sudo without password."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._updated = False

    def can_install(self) -> bool:
        """Return True if this user may install packages without a password."""
        return _prefix() is not None

    def install(self, packages: Iterable[str]) -> None:
        """Install packages one by one, since a release may lack one. Failures are not reported."""
        prefix = _prefix()
        if prefix is None:
            return
        apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]
        if not self._updated:
            self._run([*apt, "update"])
            self._updated = True
        for package in packages:
            self._run([*apt, "install", "--yes", "--no-install-recommends", package])

    def _run(self, command: list[str]) -> None:
        self._progress.run(command, os.environ, ROOT)


def _prefix() -> list[str] | None:
    """Return the prefix of a command to run it as root; None if that is impossible or there is no apt-get."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL).returncode
        == 0
    ):
        return [sudo, "-n"]
    return None
