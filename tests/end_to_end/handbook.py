"""grader/README.md, the instructor's handbook, as the tests read it."""

import re

from build.small_course import REPOSITORY

HANDBOOK = (REPOSITORY / "grader/README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", HANDBOOK, re.MULTILINE | re.DOTALL)
COMMANDS = [line.removeprefix("$ ") for block in BLOCKS for line in block.splitlines()]
"""What an instructor types, in the order of the term."""
