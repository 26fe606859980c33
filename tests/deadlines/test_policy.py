"""The policy for late submissions: nothing within the grace, more for every day, never more than there is."""

import pytest
from build.small_course import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from grader.build.release import load_config
from grader.nbgrader_plugins.late_policy import LatePolicy, configured_policy, in_words
from utils.errors import CourseError

HOUR, DAY = 3600, 24 * 3600

PERCENT = st.floats(0, 100)
MINUTES = st.floats(0, 10_000)
SECONDS = st.floats(0, 1e8)
SCORES = st.floats(0, 200)
POLICIES = st.builds(LatePolicy, grace_minutes=MINUTES, percent_per_day=PERCENT, most_percent=PERCENT)


def penalty(policy: LatePolicy, score: float, seconds: float) -> float:
    return policy.late_submission_penalty("ada", score, seconds) or 0.0


@given(POLICIES, SCORES, SECONDS, SECONDS)
def test_who_is_later_never_loses_less(policy, score, one, other):
    sooner, later = sorted((one, other))
    assert penalty(policy, score, sooner) <= penalty(policy, score, later)


@given(POLICIES, SCORES, SECONDS)
def test_it_takes_no_more_than_its_most_and_never_adds(policy, score, seconds):
    taken = penalty(policy, score, seconds)
    assert 0 <= taken <= score
    assert taken <= score * (policy.most_percent / 100)


@given(POLICIES, SCORES, st.floats(0, 1))
def test_within_the_grace_nothing_comes_off(policy, score, share):
    seconds = share * 60 * policy.grace_minutes
    assert policy.late_submission_penalty("ada", score, seconds) is None


@given(PERCENT, SCORES, SECONDS)
def test_as_it_comes_nothing_is_taken_off(most, score, seconds):
    policy = LatePolicy(most_percent=most)
    assert policy.late_submission_penalty("ada", score, seconds) is None


@given(POLICIES, SCORES, st.integers(0, 400))
def test_a_day_counts_as_soon_as_it_has_begun(policy, score, days):
    seconds = 60 * policy.grace_minutes + days * DAY + HOUR
    expected = score * (min(policy.most_percent, policy.percent_per_day * (days + 1)) / 100)
    assert penalty(policy, score, seconds) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("seconds", "points"),
    [(0, 0), (15 * 60, 0), (15 * 60 + 1, 8), (15 * 60 + DAY, 8), (15 * 60 + DAY + 1, 16), (9 * DAY, 40)],
)
def test_an_example(seconds, points):
    policy = LatePolicy(grace_minutes=15, percent_per_day=10, most_percent=50)
    assert penalty(policy, 80, seconds) == pytest.approx(points)


@pytest.mark.parametrize("seconds", [HOUR, 100 * DAY])
def test_nbgraders_own_choice_takes_all(seconds):
    policy = LatePolicy(penalty_method="zero", grace_minutes=30, most_percent=10)
    assert penalty(policy, 80, seconds) == 80
    assert penalty(policy, 80, 30 * 60) == 0


def test_the_configuration_has_it_and_takes_nothing_off():
    late = configured_policy(load_config(REPOSITORY))
    assert type(late.plugin_inst) is LatePolicy
    assert late.plugin_inst.percent_off(100 * DAY) == 0


@pytest.mark.parametrize("name", ["grace_minutes", "percent_per_day", "most_percent"])
def test_another_value_is_another_policy(name):
    def words(value: float) -> str:
        config = Config({"LatePolicy": {name: value}})
        config.AssignLatePenalties.plugin_class = "grader.nbgrader_plugins.late_policy.LatePolicy"
        return in_words(configured_policy(config))

    assert words(1) != words(2)
    assert words(1) == words(1.0)


def test_another_plugin_is_another_policy():
    ours = Config({"AssignLatePenalties": {"plugin_class": "grader.nbgrader_plugins.late_policy.LatePolicy"}})
    assert in_words(configured_policy(ours)) != in_words(configured_policy(Config()))


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"LatePolicy": {"percent_per_day": 101}}, "percent_per_day"),
        ({"LatePolicy": {"grace_minutes": -1}}, "grace_minutes"),
        ({"LatePolicy": {"most_percent": "half"}}, "most_percent"),
        (
            {"AssignLatePenalties": {"plugin_class": "grader.nbgrader_plugins.late_policy.NotThere"}},
            "NotThere",
        ),
    ],
)
def test_a_value_that_it_cannot_have_is_said_in_a_sentence(settings, word):
    config = Config(
        {"AssignLatePenalties": {"plugin_class": "grader.nbgrader_plugins.late_policy.LatePolicy"}}
    )
    config.merge(settings)
    with pytest.raises(CourseError, match=rf"(?s)nbgrader_config\.py.*{word}"):
        configured_policy(config)
