"""The table of a measurement: what the cards said, by week, by kind of bug and by origin."""

from collections import Counter
from pathlib import Path

from grader.tools.trace.bugs import Bug
from grader.tools.trace.kinds import ASKED, OTHERS
from grader.tools.trace.measure import COUNTED
from grader.tools.trace.trial import Outcome

MEASURED = Path(__file__).with_name("measured.txt")
"""The last measurement on bugs that nothing was developed on. Tracked, to compare the next one with."""


def table(results: dict[int, list[tuple[Bug, Outcome]]]) -> str:
    """Returns the table.

    Args:
        results: the bugs of each week, by its number, with what the card said.
    """
    found = [each for _, of_week in sorted(results.items()) for each in of_week]
    rows = [(f"week {number}", of_week) for number, of_week in sorted(results.items())]
    rows += [(kind, [each for each in found if each[0].kind == kind]) for kind in (*ASKED, *OTHERS)]
    rows.append(("official solutions", [each for each in found if each[0].origin == "official"]))
    rows.append(("right variants", [each for each in found if each[0].origin != "official"]))
    rows.append(("all", found))
    lines = [f"{'':20}{'bugs':>6}" + "".join(f"{said:>9}" for said in COUNTED)]
    for name, of_row in rows:
        said = Counter(result.said for _, result in of_row)
        lines.append(f"{name:20}{len(of_row):>6}" + "".join(f"{said[each]:>9}" for each in COUNTED))
    said = Counter(result.said for _, result in found)
    lines.append(f"{'share':26}" + "".join(f"{said[each] / max(len(found), 1):>9.1%}" for each in COUNTED))
    lines.append(f"slowest trace {max((result.second for _, result in found), default=0.0):.2f} s")
    return "\n".join(lines)
