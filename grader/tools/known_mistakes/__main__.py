"""`python -m grader.tools.known_mistakes FILE WEEK CHECK…`: proves the mistakes of checks and writes them."""

import sys
from pathlib import Path

from grader.folders import find_root
from grader.tools.known_mistakes.week_file import prove_checks
from utils.answers.known_mistakes import as_text
from utils.weeks import find_week


def main(file: str, week: str, *checks: str) -> None:
    """Writes the mistakes of these checks of a week, as this process's kernels give them, to the file."""
    digests = dict.fromkeys(checks, "")
    proven = prove_checks(find_root(), find_week(week), checks, digests, {})
    Path(file).write_text(as_text(proven), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
