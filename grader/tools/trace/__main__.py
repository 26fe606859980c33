"""`python -m grader.tools.trace`: prints how often the card of a failed check points at the wrong line."""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from grader.build.source import weeks_with_source
from grader.folders import find_root
from grader.tools.trace.bugs import Bug
from grader.tools.trace.measure import measure
from grader.tools.trace.table import MEASURED, table
from grader.tools.trace.trial import Outcome


def main() -> None:
    """Measures the weeks and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weeks", nargs="*", type=int)
    parser.add_argument("--seed", default="A")
    parser.add_argument("--bugs", type=int, default=30, help="for each week")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--keep", action="store_true", help=f"write the table to {MEASURED.name}")
    options = parser.parse_args()
    root = find_root()
    weeks = [week for week in weeks_with_source(root) if not options.weeks or week.number in options.weeks]
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        futures = {pool.submit(measure, root, week, options.seed, options.bugs): week for week in weeks}
        results = {futures[done].number: done.result() for done in as_completed(futures)}
    if options.details:
        _print_details(results)
    text = table(results)
    print(text)
    if options.keep:
        MEASURED.write_text(f"seed {options.seed}, at most {options.bugs} bugs a week\n\n{text}\n", "utf-8")


def _print_details(results: dict[int, list[tuple[Bug, Outcome]]]) -> None:
    for number, found in sorted(results.items()):
        for bug, result in found:
            print(
                f"{number} {result.said:8} {bug.check}/{bug.origin} [{bug.kind}] "
                f"line {bug.line}: {bug.change}"
            )
            print(f"       {result.detail}  ({result.first:.2f} s, trace {result.second:.2f} s)")


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"measured in {time.perf_counter() - began:.0f} s")
