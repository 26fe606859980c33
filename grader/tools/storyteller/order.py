"""The options of a training, and their validation."""

from dataclasses import dataclass
from pathlib import Path

from utils.errors import CourseError


@dataclass(frozen=True)
class TrainingOptions:
    """The options of one call of `course train-storyteller`."""

    output: Path
    """The folder for the finished model."""
    minutes: float | None = None
    tokens: int | None = None
    resume: bool = False
    overwrite: bool = False

    @property
    def checkpoint(self) -> Path:
        """The checkpoint file of the training, beside the output folder."""
        return self.output.with_name(self.output.name + ".checkpoint.pt")

    @property
    def draft(self) -> Path:
        """The folder to which files are written before they are moved into place."""
        return self.output.with_name(self.output.name + ".new")

    def validate(self) -> None:
        """Checks the options before the training starts.

        Raises:
            CourseError: they contradict each other, or would overwrite files.
        """
        problem = self._length_problem() or self._checkpoint_problem() or self._folder_problem()
        if problem:
            raise CourseError(problem)

    def _length_problem(self) -> str | None:
        if self.minutes is not None and self.tokens is not None:
            return "Give --minutes or --tokens, not both: one follows from the other."
        if self.resume and self.minutes is not None:
            return "With --resume, name the whole length by --tokens, or leave its length away."
        return None

    def _checkpoint_problem(self) -> str | None:
        if self.checkpoint.is_file() and not self.resume:
            return (
                f"{self.checkpoint} is left of a training that has not come to its end. "
                "Go on with --resume, or delete it to begin anew."
            )
        if self.resume and not self.checkpoint.is_file():
            return (
                f"There is nothing to resume: {self.checkpoint} is not there. "
                "Leave --resume away to begin a training, or name its folder with --output."
            )
        return None

    def _folder_problem(self) -> str | None:
        if self.output.exists() and not self.output.is_dir():
            return f"{self.output} is a file. Name a folder with --output."
        if not self.output.parent.is_dir():
            return f"{self.output.parent} is not there. Make it first, or name another folder with --output."
        if self.output.is_dir() and any(self.output.iterdir()) and not self.overwrite:
            return (
                f"{self.output} is not empty. Name another folder with --output, "
                "or let --overwrite replace it when the training is over."
            )
        return None
