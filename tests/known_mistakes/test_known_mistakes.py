"""The file of a week: what is written is read again, and the tracked files are those of today's tables."""

import pytest

from grader.tools.known_mistakes.week_file import prove_checks, stale_checks
from tests.repository.checkout import CHECKOUT
from utils.answers.answer_key import Mistake
from utils.answers.known_mistakes import KnownMistakes, as_text, from_text, path_of
from utils.weeks import WEEKS

every_week = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)

KNOWN = {
    "double": KnownMistakes(
        "0123",
        ("ab 1 2", "cd"),
        (
            Mistake("tripled", "three times “x”", "which | factor?", ("ab 1 2", "!cd")),
            Mistake("on the CPU", "b", "c", ("", "cd"), "@ef"),
        ),
    ),
    "halve": KnownMistakes("4567", (), ()),
}


def test_what_is_written_is_read_again():
    assert as_text(from_text(as_text(KNOWN))) == as_text(KNOWN)


def test_a_mistake_is_a_line():
    assert sum(line.startswith('{"name":') for line in as_text(KNOWN).splitlines()) == 2


@every_week
def test_every_week_has_a_file_of_todays_table(week):
    assert stale_checks(CHECKOUT, week) == []


@every_week
@pytest.mark.slow
def test_the_file_is_what_running_the_mistakes_gives(week):
    """Of one check; tests/checks/test_proof.py runs the mistakes of all."""
    tracked = from_text(path_of(week.folder).read_text("utf-8"))
    check = min(tracked, key=lambda name: len(tracked[name].mistakes))
    made = prove_checks(CHECKOUT, week, [check], {check: ""}, {})
    assert list(made) == [check]
    assert _texts(tracked[check]) == _texts(made[check])
    pairs = zip(_digests(tracked[check]), _digests(made[check]), strict=True)
    assert [pair for pair in pairs if all(pair) and pair[0] != pair[1]] == []


def _texts(known):
    return [(each.name, each.explanation, each.look_at, each.device) for each in known.mistakes]


def _digests(known):
    """Return the digests of all fingerprints; the proof tests compare the projections."""
    fingerprints = (*known.public_inputs, *(each for mistake in known.mistakes for each in mistake.results))
    return [each.partition(" ")[0] for each in fingerprints]
