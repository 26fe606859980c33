"""Set the course up: `python .setup/set_up.py --help`. `make` and make.ps1 call this file.

It runs on the system's own Python, with nothing installed. An old Python reads this file too, to say that it
is too old: nothing here is newer than Python 2.7, and nothing else is imported before the version is known.
"""

import os
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 14)
"""The Pythons that pyproject.toml allows; a test compares the two."""


def version_text(version):
    """(3, 11) as 3.11."""
    return ".".join(str(number) for number in version[:2])


def fits(version):
    """Whether the course runs on this version of Python."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def other_python():
    """The command of another Python on the path that fits, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        command = "python3.%d" % minor
        try:
            said = subprocess.check_output(
                [command, "-c", "import sys; print(tuple(sys.version_info[:2]))"], stderr=subprocess.STDOUT
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if said.decode("ascii", "replace").strip() == "(3, %d)" % minor:
            return command
    return None


def main():
    """Hand over to `steps`, on a Python that fits."""
    if not fits(sys.version_info):
        # A Python that was named is the one that is meant; python3 stands for any.
        other = None if "--this-python" in sys.argv else other_python()
        if other:
            sys.exit(subprocess.call([other] + sys.argv))
        sys.exit(
            "%s is Python %s, and the course needs Python %s to %s: install one and name it, for example: "
            "make lab PYTHON=python3.12"
            % (sys.executable, version_text(sys.version_info), version_text(OLDEST), version_text(NEWEST))
        )
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import steps

    sys.exit(steps.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
