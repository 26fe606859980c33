"""The policy for late submissions: `c.LatePolicy` in nbgrader_config.py."""

import math

from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float, TraitError
from traitlets.config import Config

from utils.errors import CourseError

_DAY_S = 24 * 60 * 60
_FULL_PERCENT = 100.0


class LatePolicy(LateSubmissionPlugin):
    """Deducts a percentage of a submission's points for each day or part of a day after the due date.

    nbgrader's own `penalty_method = "zero"` deducts all of them.
    """

    grace_minutes = Float(0.0, min=0, help="Minutes after the due date that do not count.").tag(config=True)
    percent_per_day = Float(
        0.0, min=0, max=_FULL_PERCENT, help="Percent of the points that each begun day takes off."
    ).tag(config=True)
    most_percent = Float(
        _FULL_PERCENT, min=0, max=_FULL_PERCENT, help="Percent of the points that lateness takes off at most."
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points to deduct from a score; None for no penalty.

        Args:
            student_id: the student; the policy is the same for all.
            score: the points that the gradebook has now.
            total_seconds_late: seconds after the student's own due date.
        """
        percent = self.percent_off(total_seconds_late)
        return score * (percent / _FULL_PERCENT) if percent else None

    def percent_off(self, seconds: float) -> float:
        """Return the percentage of the points to deduct for so many seconds after the due date."""
        counted = seconds - 60 * self.grace_minutes
        if counted <= 0:
            return 0.0
        if self.penalty_method == "zero":
            return _FULL_PERCENT
        return min(self.most_percent, self.percent_per_day * math.ceil(counted / _DAY_S))


def configured_policy(config: Config) -> AssignLatePenalties:
    """Return nbgrader's preprocessor for late submissions, with its plugin created.

    Raises:
        CourseError: the configuration has an invalid value for the policy.
    """
    try:
        late = AssignLatePenalties(config=config)
        late.init_plugin()
    except TraitError as error:
        raise CourseError(f"nbgrader_config.py, policy for late submissions: {error}") from None
    return late


def in_words(late: AssignLatePenalties) -> str:
    """Return the policy's class and all of its settings as text, which changes whenever penalties may."""
    plugin = late.plugin_inst
    name = f"{type(plugin).__module__}.{type(plugin).__qualname__}"
    return repr([name, *sorted(plugin.trait_values(config=True).items())])
