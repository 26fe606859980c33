"""Check style, types and the direction of imports: `make lint`, and `make test` before the tests."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.dont_write_bytecode = True

from environment import ROOT


def main() -> int:
    """Run every program, the quickest first; stop at the first that fails, and return its exit code."""
    for command in commands():
        code = subprocess.run(command, cwd=ROOT).returncode
        if code:
            return code
    return 0


def commands() -> Iterator[list[str]]:
    """Yield the programs' command lines; each is configured in pyproject.toml."""
    ruff = [sys.executable, "-m", "ruff"]
    yield [*ruff, "check", "."]
    yield [*ruff, "format", "--check", "."]
    yield [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    yield [sys.executable, "-m", "mypy"]


if __name__ == "__main__":
    sys.exit(main())
