"""Set the course up: make an environment, then install the packages."""

import argparse
import signal
import sys
from collections.abc import Sequence, Set
from pathlib import Path

from environment import ROOT, Environment, check_python, has_venv, make
from install import Installer, uv_on_path
from problems import SetUpProblem, problem_of_file
from progress import Progress
from system_packages import Apt

EXTRAS = ("grader", "dev")


def main(arguments: Sequence[str]) -> int:
    """Set the course up.

    Returns:
        The exit code: 0, or 1 after one sentence on the problem, or 130 after an interrupt.
    """
    options = _parser().parse_args(arguments)
    environment = Environment((ROOT / options.venv).absolute())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        set_up(environment, set(options.extra))
    except SetUpProblem as problem:
        return _say(str(problem), 1)
    except OSError as error:
        return _say(str(problem_of_file(error, environment.folder)), 1)
    except KeyboardInterrupt:
        return _say("The set-up was stopped: call the same command again, and it starts anew.", 130)
    return 0


def set_up(environment: Environment, extras: Set[str]) -> None:
    """Set up an environment with these extras as locked; do nothing if it is up to date.

    Raises:
        SetUpProblem: the set-up failed; the message states what to do.
        OSError: a file cannot be written.
    """
    if environment.has(extras):
        return
    check_python()
    with environment.locked():
        if environment.has(extras):
            return  # done by the set-up that this one waited for
        with environment.log.open("w", encoding="utf-8") as log:
            _do(environment, extras, Progress(log))


def _do(environment: Environment, extras: Set[str], progress: Progress) -> None:
    installed = environment.installed_extras()
    uv = uv_on_path()
    if installed is None and not environment.is_made_by_hand():
        _install_venv(progress, uv)
        environment.unfinished.touch()
        progress.step(f"[1/2] Making a virtual environment in {environment.folder}")
        environment.clear()
        make(environment, progress, uv)
    environment.unfinished.touch()
    wanted = extras | (installed or set())
    progress.step("[2/2] Installing the packages: a minute or two the first time, seconds later")
    installer = Installer(environment, progress).install(sorted(wanted))
    environment.write_ready(wanted)
    progress.finish(f"The course is set up: {environment.count_packages()} packages, by {installer}")


def _install_venv(progress: Progress, uv: str | None) -> None:
    """Install Debian's separate package for venv, if needed and possible without a password."""
    apt = Apt(progress)
    if not has_venv() and uv is None and sys.prefix == "/usr" and apt.can_install():
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        progress.tell(
            f"Installing the system's package {package}, without which Python makes no environments."
        )
        apt.install([package])


def _say(sentence: str, code: int) -> int:
    print(f"\n{sentence}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="set_up.py", description="Set the course up in a virtual environment; at once where it is there."
    )
    parser.add_argument("--venv", default=Path(".venv"), type=Path, help="its folder (default: .venv)")
    parser.add_argument("--extra", action="append", default=[], choices=EXTRAS, help="what else to install")
    parser.add_argument(
        "--this-python", action="store_true", help="take no other Python than the one that runs this"
    )
    return parser
