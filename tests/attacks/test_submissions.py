"""Every attack through the real executor: its exact outcome; an honest submission loses nothing by it.

One warm parent serves them all, as one worker of a class run serves many students.
"""

from collections.abc import Iterator

import pytest
from autograde import week05

from grader.autograde import GradedSubmission
from grader.autograde.grade import cool_down

from .attack import Attack, comes_back, reasons_differ
from .exfiltration import LEFT_BEHIND
from .sandbox_processes import in_rooms
from .suite import ALL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _warm_parent() -> Iterator[None]:
    yield
    cool_down()


@pytest.mark.parametrize("attack", ALL, ids=[attack.name for attack in ALL])
def test_an_attack_gets_what_it_deserves_and_the_next_student_too(attack: Attack):
    graded = week05.grade(attack.submission(), limits=attack.limits)
    left = in_rooms()  # some may be about to end
    assert_as_expected(attack, graded)

    honest = week05.grade(week05.solved())
    assert (honest.points, honest.problem, honest.odd) == (week05.FULL, "", ())
    assert week05.lost(honest) == set()
    assert not left & in_rooms()


def assert_as_expected(attack: Attack, graded: GradedSubmission) -> None:
    """Fails with everything that is not as the attack says."""
    expected, said = attack.expected, comes_back(graded)
    assert expected.problem in graded.problem
    assert bool(expected.problem) == bool(graded.problem)
    assert reasons_differ(attack, graded) == []
    assert graded.points == (0 if expected.problem else expected.points)
    assert len(expected.odd) == len(graded.odd)
    assert [part for part, odd in zip(expected.odd, graded.odd, strict=True) if part not in odd] == []
    assert [part for part in expected.shows if part not in said] == []
    assert [part for part in expected.never if part in said] == []
    signs = [sign.what for sign in graded.signs]
    assert [part for part in expected.signs if not any(part in sign for sign in signs)] == []


def test_nothing_is_left_for_the_next_student():
    for _ in range(2):
        assert_as_expected(LEFT_BEHIND, week05.grade(LEFT_BEHIND.submission()))
