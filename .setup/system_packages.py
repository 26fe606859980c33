"""Packages of the system, by Debian's and Ubuntu's apt, where this user may install them."""

import os
import shutil
import subprocess
from collections.abc import Iterable

from environment import ROOT
from progress import Progress


class Apt:
    """apt-get, as root or by a sudo that asks for no password."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._updated = False

    def can_install(self) -> bool:
        """Whether this user may install packages here without being asked for anything."""
        return _prefix() is not None

    def install(self, packages: Iterable[str]) -> None:
        """Install packages one by one, since a release may lack one; the caller sees whether it helped."""
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
    """What to write before a command so that root runs it; None where that cannot be."""
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
