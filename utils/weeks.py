"""The twelve weeks: their numbers, folders, notebooks and titles, defined here alone."""

from dataclasses import dataclass

from utils.errors import CourseError


class UnknownWeek(CourseError, ValueError):
    """A week that the course does not have; the message lists those it has."""


@dataclass(frozen=True)
class Week:
    """One week of the course."""

    number: int
    """1 to 12."""
    folder: str
    """Its folder under `course/` and `solutions/`, which is also nbgrader's assignment name."""
    title: str
    """Its title in tables."""

    @property
    def notebook(self) -> str:
        """The notebook's file name without its extension: `attention` for `week05_attention`."""
        return self.folder.partition("_")[2]


WEEKS = (
    Week(1, "week01_vectors", "Everything is a vector"),
    Week(2, "week02_tokens", "Byte-pair encoding, exactly GPT-2's"),
    Week(3, "week03_embeddings", "Words and places become directions"),
    Week(4, "week04_mlp", "The per-token half"),
    Week(5, "week05_attention", "Tokens looking at other tokens"),
    Week(6, "week06_heads", "Many heads"),
    Week(7, "week07_transformer", "The whole machine"),
    Week(8, "week08_weights", "GPT-2's weights in your machine"),
    Week(9, "week09_sampling", "From probabilities to text"),
    Week(10, "week10_learning", "Loss, gradients, optimisers"),
    Week(11, "week11_training", "Train a GPT"),
    Week(12, "week12_inside", "Look inside"),
)


def find_week(name: str | int) -> Week:
    """Return the week with this number ("5", "05", 5), folder or notebook name.

    Raises:
        UnknownWeek: There is no such week.
    """
    wanted = str(name).strip().rstrip("/").lower()
    for week in WEEKS:
        if wanted in {str(week.number), f"{week.number:02d}", week.folder, week.notebook}:
            return week
    known = ", ".join(f"{week.number} ({week.notebook})" for week in WEEKS)
    raise UnknownWeek(f"There is no week {name!r}. The weeks are {known}.")
