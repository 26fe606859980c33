"""Run all checks: `make test` calls this file with the environment's Python, after the set-up.

It installs the programs that the tests need, runs the linters, the quick tests and the slow tests, and ends
with the number of tests that were skipped for want of a program. With arguments, only pytest runs, with them.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

sys.dont_write_bytecode = True

import lint
from environment import ROOT, Environment
from problems import SetUpProblem
from programs import Programs
from progress import Progress

OUTPUT = ROOT / "tests" / "output"
SIGN = "is not on this machine"
"""Part of the reason of every test that is skipped for want of a program."""


def main(arguments: Sequence[str]) -> int:
    """Install the programs, then run all checks.

    Returns:
        The exit code of the first check that failed, else 0.
    """
    environment = Environment(Path(sys.prefix))
    try:
        with environment.log.open("a", encoding="utf-8") as log:
            variables, missing = Programs(environment, Progress(log)).install_all()
    except SetUpProblem as problem:
        return _say(str(problem))
    if missing:
        text = f"Not to be had here, so their tests are skipped: {'; '.join(missing)}. See {environment.log}."
        if os.environ.get("CI") == "true":
            return _say(text.replace(", so their tests are skipped", ", and CI is to run every test"))
        print(text, flush=True)
    variables |= {"OMP_NUM_THREADS": "1"}
    variables["PATH"] = os.pathsep.join(
        [str(environment.python.parent), variables.get("PATH", os.environ.get("PATH", ""))]
    )
    return run(arguments, variables)


def run(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run the linters, then the tests; stop at the first failure and return its exit code."""
    pytest = [sys.executable, "-m", "pytest", "--dist", "worksteal"]
    reports: list[Path] = []
    parts: list[list[str]] = []
    if arguments:
        parts.append([*pytest, "-n", "2", *_report(reports, "chosen"), *arguments])
    else:
        parts += lint.commands()
        parts.append([*pytest, "-n", "2", *_report(reports, "quick"), "-m", "not slow"])
        # The slow ones often wait: for a browser, a server, a limit that a hostile notebook runs into.
        parts.append([*pytest, "-n", "3", *_report(reports, "slow"), "-m", "slow"])
    for part in parts:
        code = subprocess.run(part, cwd=ROOT, env={**os.environ, **variables}).returncode
        if code:
            return code
    if line := skipped(reports):
        print(line, flush=True)
    return 0


def _report(reports: list[Path], name: str) -> list[str]:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    reports.append(OUTPUT / f"{name}.xml")
    return [f"--junitxml={reports[-1]}"]


def skipped(reports: Iterable[Path]) -> str:
    """Return a line with the number of tests that were skipped for want of a program, or an empty text."""
    reasons = Counter(
        message.split(SIGN)[0].strip()
        for report in reports
        for element in ElementTree.parse(report).iter("skipped")
        if SIGN in (message := element.get("message", ""))
    )
    if not reasons:
        return ""
    each = ", ".join(f"{count} for want of {program}" for program, count in sorted(reasons.items()))
    return f"!!! {sum(reasons.values())} TESTS WERE SKIPPED: {each}. This run has not checked everything."


def _say(sentence: str) -> int:
    print(f"\n{sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
