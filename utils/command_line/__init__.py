"""The console script `course`."""

import sys

# An old interpreter reads this file too: nothing newer than Python 3.8 is written in it, and nothing else is
# imported before the version is known.
_OLDEST = (3, 11)


def main() -> None:
    """What `course` runs."""
    if sys.version_info < _OLDEST:
        oldest, found = (".".join(map(str, version[:3])) for version in (_OLDEST, sys.version_info))
        sys.exit(
            f"course needs Python {oldest} or newer, and this is {found} ({sys.executable}). "
            "Install a newer one, delete the folder .venv and run `make lab` again."
        )
    from utils.start_up import skip_rfc3987_grammar

    skip_rfc3987_grammar()
    from utils.command_line.app import app

    for stream in (sys.stdout, sys.stderr):
        # A file name, or a mark that the terminal's encoding lacks, must not end in an error of its own.
        stream.reconfigure(errors="replace")
    app(prog_name="course")
