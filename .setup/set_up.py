"""Set the course up: `python .setup/set_up.py --help`. `make` and make.ps1 call this file.

It runs on the system's Python, with nothing installed. An old Python must be able to run this file, to report
that it is too old: the syntax is that of Python 2.7, and other modules are imported after the version test.
"""

import os
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 14)
"""The Python versions that pyproject.toml allows; a test compares the two."""


def version_text(version):
    """Format (3, 11) as 3.11."""
    return ".".join(str(number) for number in version[:2])


def fits(version):
    """Return True if the course runs on this version of Python."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def other_python():
    """Return the command of another Python on PATH with a supported version, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        command = "python3.%d" % minor
        try:
            output = subprocess.check_output(
                [command, "-c", "import sys; print(tuple(sys.version_info[:2]))"], stderr=subprocess.STDOUT
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if output.decode("ascii", "replace").strip() == "(3, %d)" % minor:
            return command
    return None


def main():
    """Run `steps` on a supported Python."""
    if not fits(sys.version_info):
        # --this-python: the caller named a Python, so that no other one may be used.
        other = None if "--this-python" in sys.argv else other_python()
        if other:
            sys.exit(subprocess.call([other] + sys.argv))
        sys.exit(
            "%s is Python %s, and the course needs Python %s to %s: install one and name it, for example: "
            "make lab PYTHON=python3.12"
            % (sys.executable, version_text(sys.version_info), version_text(OLDEST), version_text(NEWEST))
        )
    sys.dont_write_bytecode = True
    # os.path, because this file imports only what Python 2.7 has, too.
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    import steps

    sys.exit(steps.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
