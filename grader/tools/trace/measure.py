"""Draws the bugs of a week and tries them."""

import random
from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path

from grader.tools.mutation.exercise import exercises_of
from grader.tools.mutation.trial import one_thread
from grader.tools.trace.bugs import Bug, bugs_of, bugs_of_variant, variants_of
from grader.tools.trace.trial import Outcome, outcome
from utils import reference
from utils.answers.judge import LocalJudge
from utils.weeks import Week

COUNTED = ("right", "next", "nothing", "wrong")
"""What a card may say; bugs that the check does not reject on values or shape are not counted."""


def measure(root: Path, week: Week, seed: str, number: int) -> list[tuple[Bug, Outcome]]:
    """Returns the outcomes of `number` bugs of a week that fail its checks on values or shape."""
    one_thread()
    reference.choose("storyteller")
    exercises = {each.name: each for each in exercises_of(root, week)}
    variants = variants_of(root, week)
    bugs = [bug for exercise in exercises.values() for bug in bugs_of(exercise)]
    for check, each in variants.items():
        bugs += [bug for name, code, _ in each for bug in bugs_of_variant(exercises[check], name, code)]
    judge = LocalJudge()
    chosen, found = in_order(bugs, seed), []
    for bug in chosen:
        spaces = {name: space for name, _, space in variants.get(bug.check, [])}
        result = outcome(bug, exercises[bug.check], spaces, judge)
        if result.said in COUNTED:
            found.append((bug, result))
        if len(found) == number:
            break
    return found


def in_order(bugs: list[Bug], seed: str) -> list[Bug]:
    """Returns the bugs of the seed's half in a random order in which checks take turns, within a check the
    official solution and the variants, and within these the kinds.

    Seed A has one half, every other seed the other one: what is developed on A is measured on B.
    """
    half = [bug for bug in bugs if (random.Random(bug.key).random() < 0.5) == (seed == "A")]
    half.sort(key=lambda bug: random.Random(f"{seed}/{bug.key}").random())
    by_kind = _by_turns(half, lambda bug: (bug.check, bug.origin == "official", bug.kind))
    return _by_turns(by_kind, lambda bug: (bug.check, bug.origin == "official"))


def _by_turns(bugs: list[Bug], group: Callable[[Bug], Hashable]) -> list[Bug]:
    """Returns the first bug of each group, then the second of each, and so on."""
    turns: Counter[Hashable] = Counter()
    ranked = []
    for place, bug in enumerate(bugs):
        ranked.append((turns[group(bug)], place, bug))
        turns[group(bug)] += 1
    return [bug for _, _, bug in sorted(ranked, key=lambda each: each[:2])]
