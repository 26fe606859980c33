"""README.md beside this file: every attack, what comes of it here, and what came of it in stock nbgrader.

    cd tests && python -m attacks.table      writes it again

What stands under "here" is what the tests assert; what stands under "stock nbgrader" was measured once,
by stock.py.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from autograde.week05 import FULL

from .archives import ARCHIVES, ArchiveAttack
from .attack import EVERY, Attack
from .folders import FOLDERS, FolderAttack
from .stock import KEPT
from .suite import SUBMISSIONS

PLACE = Path(__file__).with_name("README.md")
AnyAttack = Attack | FolderAttack | ArchiveAttack
GROUPS: dict[str, list[AnyAttack]] = {
    **{group.capitalize(): list(attacks) for group, attacks in SUBMISSIONS.items()},
    "Folders, links, times and names": list(FOLDERS),
    "Archives": list(ARCHIVES),
}
STOCK: dict[str, str] = json.loads(KEPT.read_text())
_TEMPORARY = re.compile(r"/tmp/atk_stock_\w+/course/classroom/?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def points_here(attack: AnyAttack) -> float | None:
    """The points that it gets; None where it is not graded at all."""
    if isinstance(attack, ArchiveAttack):
        return None
    if isinstance(attack, FolderAttack):
        return attack.points
    return None if attack.expected.problem else attack.expected.points


def here(attack: AnyAttack) -> str:
    """What comes of it, as the tests assert it."""
    if isinstance(attack, ArchiveAttack):
        return f"{_unpacked(attack)}: “{attack.said}”"
    problem = attack.failure if isinstance(attack, FolderAttack) else attack.expected.problem
    points = points_here(attack)
    said = f"not graded: “{problem}”" if points is None else f"{points:g} points{_reasons(attack)}"
    return "; ".join([said, *(f"noted: “{each}”" for each in _remarks(attack))])


def _unpacked(attack: ArchiveAttack) -> str:
    if attack.gives is not None:
        return f"collected: {', '.join(attack.gives) or 'nobody else'}"
    return "given up" if attack.is_broken else "left out, and the rest unpacked"


def _reasons(attack: Attack | FolderAttack) -> str:
    """Why points are lost: the reason of most of the exercises, and of those that are named."""
    why = attack.expected.why if isinstance(attack, Attack) else {}
    named = [f"{exercise}: {reason}" for exercise, reason in why.items() if exercise != EVERY]
    some = [*named[:2], "…" if len(named) > 2 else "", why.get(EVERY, "")]
    return f" ({'; '.join(filter(None, some))})" if any(some) else ""


def _remarks(attack: Attack | FolderAttack) -> tuple[str, ...]:
    return attack.odd if isinstance(attack, FolderAttack) else attack.expected.odd + attack.expected.signs


def stock(attack: AnyAttack) -> str:
    """What came of it in stock nbgrader."""
    return _TEMPORARY.sub("", STOCK[attack.name])


def _stock_points(attack: AnyAttack) -> float:
    found = re.match(r"([\d.]+) points", STOCK[attack.name])
    return float(found[1]) if found else 0.0


def counted() -> dict[str, int]:
    """In how many attacks stock nbgrader fails, and how."""
    every = [attack for attacks in GROUPS.values() for attack in attacks]
    said = [STOCK[attack.name] for attack in every]
    ran = [attack for attack in every if not STOCK[attack.name].startswith("not run")]
    return {
        "attacks": len(every),
        "not run": len(every) - len(ran),
        "more points than here": sum(_stock_points(each) > (points_here(each) or 0) for each in every),
        "fewer points than here": sum(_stock_points(each) < (points_here(each) or 0) for each in ran),
        "whole class": sum("the whole class" in each for each in said),
        "reached": sum("was reached" in each for each in said),
    }


def _cell(text: str) -> str:
    """A text that stays in its cell of the table, and shows what cannot be seen."""
    text = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return re.sub(r"([|<>*_`\\\[\]])", r"\\\1", text)


def _rows() -> Iterator[str]:
    for group, attacks in GROUPS.items():
        yield from [
            "",
            f"## {group}: {len(attacks)}",
            "",
            "| attack | how it is meant | here | stock nbgrader |",
        ]
        yield "|---|---|---|---|"
        for attack in attacks:
            cells = (attack.name, attack.idea, here(attack), stock(attack))
            yield f"| {' | '.join(map(_cell, cells))} |"


def table() -> str:
    """The whole text of README.md."""
    count = counted()
    head = f"""# {count["attacks"]} attacks, here and in stock nbgrader

Each attack is a submission of week 5, a student's folder, or an archive from a learning platform. Week 5 has
{FULL:g} points for the checks. Unless it says otherwise, an attack begins with a notebook in which nothing is
solved and tries to get points, to see what it should not, or to stop the class; some are honest work with
something odd about it, which must not cost a point.

*Here* is what `make test` asserts: the points, the reason that is given, and that an honest student graded
directly afterwards in the same place loses nothing. *Stock nbgrader* is version 0.9.6 with its own Execute,
measured once on the same release by `python -m attacks.stock`, each attack in a container of its own.
{count["not run"]} were not run there: they would fill the machine, or attack a judge, which it has not.
Of the others,

- {count["more points than here"]} get more points than they should,
- {count["fewer points than here"]} get fewer: an honest exercise is lost with the rest,
- {count["whole class"]} stop the whole class,
- {count["reached"]} see or change what they should not.

This file is made by `python -m attacks.table`, and a test keeps it so."""
    return "\n".join([head, *_rows()]) + "\n"


if __name__ == "__main__":
    PLACE.write_text(table())
