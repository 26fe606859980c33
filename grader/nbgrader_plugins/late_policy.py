"""What a late submission costs: `c.LatePolicy` in nbgrader_config.py."""

import math

from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float, TraitError
from traitlets.config import Config

from utils.errors import CourseError

_DAY = 24 * 60 * 60
_ALL = 100.0


class LatePolicy(LateSubmissionPlugin):
    """Takes a percentage of a submission's points off for each day that was begun after its time.

    nbgrader's own choice, `penalty_method = "zero"`, takes all of them off.
    """

    grace_minutes = Float(0.0, min=0, help="Minutes after the due date that do not count.").tag(config=True)
    percent_per_day = Float(
        0.0, min=0, max=_ALL, help="Percent of the points that each begun day takes off."
    ).tag(config=True)
    most_percent = Float(
        _ALL, min=0, max=_ALL, help="Percent of the points that lateness takes off at most."
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points to take off a score; None for none.

        Args:
            student_id: whose it is; the policy is the same for everybody.
            score: the points that the gradebook has at this moment.
            total_seconds_late: seconds after the student's own due date.
        """
        percent = self.percent_off(total_seconds_late)
        return score * (percent / _ALL) if percent else None

    def percent_off(self, seconds: float) -> float:
        """Percent of the points that come off for so many seconds after the due date."""
        counted = seconds - 60 * self.grace_minutes
        if counted <= 0:
            return 0.0
        if self.penalty_method == "zero":
            return _ALL
        return min(self.most_percent, self.percent_per_day * math.ceil(counted / _DAY))


def configured_policy(config: Config) -> AssignLatePenalties:
    """nbgrader's step for late submissions, with its plugin made.

    Raises:
        CourseError: the configuration gives the policy a value that it cannot have.
    """
    try:
        late = AssignLatePenalties(config=config)
        late.init_plugin()
    except TraitError as error:
        raise CourseError(f"nbgrader_config.py, policy for late submissions: {error}") from None
    return late


def in_words(late: AssignLatePenalties) -> str:
    """The policy with all of its values; another text means that penalties are to be made anew."""
    plugin = late.plugin_inst
    name = f"{type(plugin).__module__}.{type(plugin).__qualname__}"
    return repr([name, *sorted(plugin.trait_values(config=True).items())])
