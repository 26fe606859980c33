"""The console script `course`."""

import sys
from io import TextIOWrapper

# Old interpreters must be able to run this file: it uses no syntax newer than Python 3.8, and imports nothing
# else before the version check.
_MIN_VERSION = (3, 11)


def main() -> None:
    """Run the command `course`."""
    if sys.version_info < _MIN_VERSION:
        oldest, found = (".".join(map(str, version[:3])) for version in (_MIN_VERSION, sys.version_info))
        sys.exit(
            f"course needs Python {oldest} or newer, and this is {found} ({sys.executable}). "
            "Install a newer one, delete the folder .venv and run `make lab` again."
        )
    from utils.start_up import skip_rfc3987_grammar

    skip_rfc3987_grammar()
    from utils.command_line.app import app

    for stream in (sys.stdout, sys.stderr):
        # A file name or a symbol that the terminal's encoding lacks must not raise.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="course")
